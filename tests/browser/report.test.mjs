// SPDX-License-Identifier: GPL-2.0-or-later
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {after, before, test} from 'node:test';
import {openReport, render, screenshots, startBrowser} from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser?.close());

/// Opens a report, hands it to `look`, and expects that nothing went wrong meanwhile.
const looking = async (report, options, look, format = 'html') => {
  const {page, trouble, close} = await openReport(browser, report, format, options);
  try {
    await look(page);
    assert.deepEqual(trouble, []);
  } finally {
    await close();
  }
};

const shot = (page, name) => page.screenshot({path: `${screenshots}/${name}.png`, fullPage: true});

const violations = async page => {
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']}));
  return result.violations.map(each => `${each.id}: ${each.nodes.map(node => node.html.slice(0, 120)).join(' | ')}`);
};

const fitsTheWidth = page =>
  page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);

for (const report of ['ready-laptop', 'iommu-off', 'undetermined', 'no-devices', 'selected-root-disk', 'hostile-names'])
  for (const colorScheme of ['light', 'dark'])
    test(`${report}, ${colorScheme}: no errors, accessible, fits`, () =>
      looking(report, {colorScheme}, async page => {
        await shot(page, `${report}-${colorScheme}`);
        assert.deepEqual(await violations(page), []);
        assert.ok(await fitsTheWidth(page));
      }));

for (const report of ['ready-laptop', 'iommu-off', 'hostile-names'])
  test(`${report} fits a phone`, () =>
    looking(report, {viewport: {width: 390, height: 740}, deviceScaleFactor: 2, isMobile: true}, async page => {
      await shot(page, `${report}-phone`);
      const picture = page.locator('.narrow svg');
      assert.ok(await picture.isVisible());
      assert.ok(await page.evaluate(() => {
        const box = document.querySelector('.scroll.narrow');
        return box.scrollWidth <= box.clientWidth;
      }), 'nothing of the picture is out of sight');
      assert.ok(await fitsTheWidth(page));
      assert.deepEqual(await violations(page), []);
    }));

test('printed, everything that is folded is open', () =>
  looking('ready-laptop', {viewport: {width: 794, height: 1123}, colorScheme: 'dark'}, async page => {
    await page.emulateMedia({media: 'print'});
    await shot(page, 'ready-laptop-print');
    await page.pdf({path: `${screenshots}/ready-laptop.pdf`, format: 'A4'});
    assert.ok(await page.locator('dd').first().isVisible());
    assert.ok(!await page.locator('#filter').isVisible());
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
    assert.ok(await fitsTheWidth(page));
  }));

test('the filter finds devices by text and verdict', () =>
  looking('ready-laptop', {}, async page => {
    const rows = page.locator('.device-rows > tr:visible');
    const count = page.getByRole('status');
    const unfolded = await rows.count();
    assert.equal(unfolded, 6, 'bridges and parts of the chipset are folded');
    await page.getByLabel('Find').fill('wireless 14');
    await page.waitForFunction(() => document.getElementById('filter-count').textContent === '1 of 13 shown');
    assert.match(await rows.first().textContent(), /0000:03:00\.0.*Wireless 8260/s);
    await page.getByLabel('Find').fill('');
    await page.getByLabel('Verdict').selectOption('protected');
    await page.waitForFunction(() => document.getElementById('filter-count').textContent === '2 of 13 shown');
    assert.equal(await rows.count(), 2);
    await page.getByLabel('Find').fill('nothing has this name');
    await page.waitForFunction(() => document.getElementById('filter-count').textContent === '0 of 13 shown');
    assert.equal(await count.textContent(), '0 of 13 shown');
    await page.getByLabel('Find').fill('root port');
    await page.waitForFunction(() => document.getElementById('filter-count').textContent === '3 of 13 shown');
    assert.equal(await rows.count(), 3, 'what is folded is found too');
    await page.getByLabel('Find').fill('');
    await page.getByLabel('Verdict').selectOption('');
    await page.waitForFunction(() => document.getElementById('filter-count').textContent === '13 of 13 shown');
    assert.equal(await rows.count(), unfolded, 'and folded again');
  }));

test('the keyboard is enough', () =>
  looking('ready-laptop', {}, async page => {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    assert.ok(await page.locator('dd').first().isVisible());
    for (const id of ['filter-text', 'filter-verdict', 'download']) {
      let steps = 0;
      while (await page.evaluate(() => document.activeElement.id) !== id && steps++ < 50) await page.keyboard.press('Tab');
      assert.ok(steps <= 50, `${id} is reached`);
    }
  }));

for (const report of ['ready-laptop', 'hostile-names'])
  test(`${report}: the JSON that is downloaded is the report`, () =>
    looking(report, {}, async page => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#download').click()]);
      const text = readFileSync(await download.path(), 'utf8');
      assert.deepEqual(JSON.parse(text), JSON.parse(render(report, 'json')));
    }));

test('what a device calls itself stays text', () =>
  looking('hostile-names', {}, async page => {
    assert.match(await page.locator('.device-rows > tr').first().textContent(), /<script>alert\(1\)<\/script>/);
    assert.equal(await page.locator('script').count(), 2, 'the JSON and the page\'s own');
    assert.equal(await page.locator('img, iframe, b').count(), 0);
    assert.equal(await page.locator('a').count(), 1, 'the skip link');
    const text = await page.locator('body').innerText();
    for (const shown of ['{{mustache}}', '{{{raw}}}', '\\x1b[31mred', '\\u{202e}', '&amp;'])
      assert.ok(text.includes(shown), shown);
    assert.ok(!/[\u202a-\u202e\u2066-\u2069\u200b\u0080-\u009f]/.test(text));
  }));

test('without JavaScript all is there', () =>
  looking('ready-laptop', {javaScriptEnabled: false}, async page => {
    assert.equal(await page.locator('.device-rows > tr').count(), 13);
    for (const folded of await page.locator('details.section:not([open]) > summary').all()) await folded.click();
    assert.equal(await page.locator('.device-rows > tr:visible').count(), 13);
    assert.ok(!await page.locator('#filter').isVisible());
    assert.ok(!await page.locator('#download').isVisible());
    assert.ok(await page.locator('#json-note').isVisible());
    assert.ok(await page.locator('svg').first().isVisible());
  }));

test('4096 devices stay usable', () =>
  looking('large-host', {}, async page => {
    await page.screenshot({path: `${screenshots}/large-host.png`});
    assert.equal(await page.locator('.device-rows > tr').count(), 4096);
    assert.ok(await page.locator('.wide svg g').count() < 400, 'the picture is folded');
    assert.ok(await page.evaluate(() => document.documentElement.scrollHeight) < 12000, 'the page is folded');
    const milliseconds = await page.evaluate(async () => {
      const start = performance.now();
      const input = document.getElementById('filter-text');
      input.value = 'number 4000';
      input.dispatchEvent(new Event('input'));
      const count = document.getElementById('filter-count');
      while (!count.textContent.startsWith('1 of')) {
        if (performance.now() - start > 10000) throw new Error(`still "${count.textContent}"`);
        await new Promise(requestAnimationFrame);
      }
      return performance.now() - start;
    });
    console.log(`the filter took ${Math.round(milliseconds)} ms`);
    assert.ok(milliseconds < 3000);
    await page.locator('#filter').scrollIntoViewIfNeeded();
    await page.screenshot({path: `${screenshots}/large-host-filtered.png`});
    assert.ok(await fitsTheWidth(page));
  }));

for (const colorScheme of ['light', 'dark'])
  test(`the picture alone, ${colorScheme}`, () =>
    looking('ready-laptop', {colorScheme}, async page => {
      await page.screenshot({path: `${screenshots}/picture-${colorScheme}.png`});
      assert.equal(await page.evaluate(() => document.documentElement.tagName), 'svg');
      assert.equal(await page.locator('use').count(), 6 + 13, 'a sign for each word of the legend and each function');
    }, 'groups_svg'));
