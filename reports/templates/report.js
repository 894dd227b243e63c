// SPDX-License-Identifier: GPL-2.0-or-later
// The page is complete without this: it adds the filter, the download and, for printing, open details.
(() => {
  'use strict';

  const addFilter = () => {
    const rows = [...document.querySelectorAll('.device-rows > tr')];
    const sections = [...document.querySelectorAll('details.section')];
    const opened = new Map(sections.map(section => [section, section.open]));
    const filter = document.getElementById('filter');
    if (!filter || rows.length === 0) return;
    const text = document.getElementById('filter-text');
    const verdict = document.getElementById('filter-verdict');
    const count = document.getElementById('filter-count');
    const known = rows.map(row => ({row, text: row.textContent.toLowerCase(), verdict: row.dataset.verdict}));

    const apply = () => {
      const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const each of known) {
        const fits = (!verdict.value || each.verdict === verdict.value) && words.every(word => each.text.includes(word));
        if (each.row.hidden === fits) each.row.hidden = !fits;
        if (fits) shown += 1;
      }
      // While something is looked for, what is folded takes part; what has nothing to show gives way.
      const searching = words.length > 0 || verdict.value !== '';
      for (const section of sections) {
        section.hidden = searching && !section.querySelector('.device-rows > tr:not([hidden])');
        section.open = searching || opened.get(section);
      }
      count.textContent = `${shown} of ${known.length} shown`;
    };
    let waiting = 0;
    text.addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(apply, known.length > 500 ? 150 : 0);
    });
    verdict.addEventListener('change', apply);
    filter.hidden = false;
    apply();
  };

  const addDownload = () => {
    const button = document.getElementById('download');
    button.addEventListener('click', () => {
      const json = document.getElementById('report-json').textContent.trim() + '\n';
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([json], {type: 'application/json'}));
      link.download = 'vfio-doctor-report.json';
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
    button.hidden = false;
    document.getElementById('json-note').hidden = true;
  };

  // Browsers that cannot open details through a style sheet when printing.
  const openDetailsForPrinting = () => {
    let opened = [];
    addEventListener('beforeprint', () => {
      opened = [...document.querySelectorAll('details:not([open])')];
      for (const details of opened) details.open = true;
    });
    addEventListener('afterprint', () => {
      for (const details of opened) details.open = false;
    });
  };

  addFilter();
  addDownload();
  openDetailsForPrinting();
})();
