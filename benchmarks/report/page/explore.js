// Runs in the page: a value where one points, and series that can be left out.
const value = document.querySelector('#value');

/** @param spot what it must not cover */
function say(text, spot) {
  value.textContent = text;
  value.hidden = false;
  const size = value.getBoundingClientRect();
  const left = spot.left + spot.width / 2 - size.width / 2;
  value.style.left = `${Math.max(4, Math.min(innerWidth - size.width - 4, left))}px`;
  value.style.top = `${spot.top > size.height + 12 ? spot.top - size.height - 8 : spot.bottom + 8}px`;
}

function show(dot) {
  const spot = dot.getBoundingClientRect();
  // Equal results lie on one another: all of them are named.
  const near = [...dot.ownerSVGElement.querySelectorAll('.series:not(.hidden) circle')].filter((other) => {
    const place = other.getBoundingClientRect();
    return Math.hypot(place.left - spot.left, place.top - spot.top) < spot.width / 2;
  });
  say(near.map((other) => other.dataset.value).join('\n'), spot);
}

for (const dot of document.querySelectorAll('circle')) {
  // The browser's own bubble comes late, and not at all by touch.
  dot.querySelector('title').remove();
  dot.setAttribute('aria-label', dot.dataset.value);
  for (const event of ['pointerenter', 'focus', 'click']) dot.addEventListener(event, () => show(dot));
  for (const event of ['pointerleave', 'blur']) dot.addEventListener(event, () => (value.hidden = true));
}

for (const box of document.querySelectorAll('.legend input')) {
  box.addEventListener('change', () => {
    for (const series of document.querySelectorAll('.series')) {
      if (series.dataset.series === box.value) series.classList.toggle('hidden', !box.checked);
    }
  });
}

// Charts over time: a line at the moment that is pointed at, in all charts of the run, and the values there.
function momentsOf(series) {
  series.moments ??= series.dataset.times.split(' ').map(Number);
  series.numbers ??= series.dataset.values.split(',');
  return series;
}

/** The last point at or before a moment. */
function at(series, ms) {
  const { moments, numbers } = momentsOf(series);
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (moments[middle] <= ms) low = middle + 1;
    else high = middle;
  }
  return numbers[low - 1] ?? '';
}

function place(chart, ms) {
  const { from, to, left, right } = chart.dataset;
  return Number(left) + ((ms - from) / (to - from)) * (right - left);
}

function point(chart, ms) {
  const { from, to, unit } = chart.dataset;
  chart.moment = Math.max(from, Math.min(to, ms));
  for (const other of chart.closest('.charts').querySelectorAll('svg[data-from]')) {
    const rule = other.querySelector('.rule');
    rule.setAttribute('transform', `translate(${place(other, chart.moment)} 0)`);
    rule.setAttribute('visibility', 'visible');
  }
  // The lowest in the document lies on top, and is named first.
  const series = [...chart.querySelectorAll('.series:not(.hidden)')].reverse();
  const lines = series.map((entry) => `${entry.dataset.series}: ${at(entry, chart.moment) || '–'} ${unit}`);
  const spot = chart.querySelector('.rule').getBoundingClientRect();
  say([`${(chart.moment / 1000).toFixed(2)} s`, ...lines].join('\n'), spot);
}

function leave(chart) {
  value.hidden = true;
  for (const rule of chart.closest('.charts').querySelectorAll('.rule'))
    rule.setAttribute('visibility', 'hidden');
}

for (const chart of document.querySelectorAll('svg[data-from]')) {
  const { from, to, left, right } = chart.dataset;
  const width = chart.viewBox.baseVal.width;
  for (const event of ['pointermove', 'pointerdown']) {
    chart.addEventListener(event, ({ clientX }) => {
      const box = chart.getBoundingClientRect();
      const x = ((clientX - box.left) / box.width) * width;
      point(chart, Number(from) + ((x - left) / (right - left)) * (to - from));
    });
  }
  chart.addEventListener('focus', () => point(chart, chart.moment ?? Number(from)));
  chart.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (!step) return;
    event.preventDefault();
    point(chart, (chart.moment ?? Number(from)) + (step * (to - from)) / 100);
  });
  for (const event of ['pointerleave', 'blur']) chart.addEventListener(event, () => leave(chart));
}
