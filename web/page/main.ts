/** The page's entry: looks at the address and shows the view that it names. */
import { readPlace } from './address.ts';
import { runCallPage } from './call-page.ts';
import { memory } from './memory.ts';
import { startView } from './start-view.ts';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no #app');

const place = readPlace(location);
const show = (element: HTMLElement): void => root.replaceChildren(element);

switch (place.view) {
  case 'start':
    if (place.token !== null) {
      memory.token = place.token;
      // The token must not stay in the address bar, nor in the history.
      history.replaceState(null, '', '/');
    }
    show(startView(''));
    break;
  case 'broken-link':
    show(startView('This link is not complete. Ask for it again, or make a new call.'));
    break;
  case 'call':
    runCallPage({ room: place.room, switches: place.switches, show });
    break;
}
// Another link typed into the same tab changes only what is behind #.
window.addEventListener('hashchange', () => location.reload());
