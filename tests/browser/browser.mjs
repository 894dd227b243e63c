// SPDX-License-Identifier: GPL-2.0-or-later
// Starts Chromium and opens reports in it.
import {execFileSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {chromium} from 'playwright-core';

const longest = 64 * 1024 * 1024;

export const screenshots = resolve('screenshots');
mkdirSync(screenshots, {recursive: true});

/// What the program `render_sample` writes.
export const render = (report, format) =>
  execFileSync(process.env.RENDER_SAMPLE, [report, format], {encoding: 'utf8', maxBuffer: longest});

export const startBrowser = () => chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

/// A page with the report, and what went wrong in it: console messages, errors, dialogs, requests.
export const openReport = async (browser, report, format, options = {}) => {
  const file = resolve(`${report}.${format === 'html' ? 'html' : 'svg'}`);
  writeFileSync(file, render(report, format));
  const context = await browser.newContext({viewport: {width: 1100, height: 900}, ...options});
  const page = await context.newPage();
  const trouble = [];
  page.on('console', message => trouble.push(`console: ${message.text()}`));
  page.on('pageerror', error => trouble.push(`error: ${error.message}`));
  page.on('dialog', dialog => {
    trouble.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  const address = pathToFileURL(file).href;
  page.on('request', request => {
    if (request.url() !== address && !request.url().startsWith('data:')) trouble.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  return {page, trouble, close: () => context.close()};
};
