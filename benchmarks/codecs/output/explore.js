// Runs in the page: a value where one points, and series that can be left out.
const value = document.querySelector('#value');

function show(dot) {
  const spot = dot.getBoundingClientRect();
  // Equal results lie on one another: all of them are named.
  const near = [...dot.ownerSVGElement.querySelectorAll('.series:not(.hidden) circle')].filter((other) => {
    const place = other.getBoundingClientRect();
    return Math.hypot(place.left - spot.left, place.top - spot.top) < spot.width / 2;
  });
  value.textContent = near.map((other) => other.dataset.value).join('\n');
  value.hidden = false;
  const size = value.getBoundingClientRect();
  value.style.left = `${Math.max(4, Math.min(innerWidth - size.width - 4, spot.left - size.width / 2))}px`;
  value.style.top = `${spot.top > size.height + 12 ? spot.top - size.height - 8 : spot.bottom + 8}px`;
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
