/** The page's entry: what is remembered and what the address says, handed to the application. */
import { render } from 'preact';
import { readLooks, readSwitches } from './address.ts';
import { App } from './app/app.tsx';
import { overridesOf } from './app/overrides.ts';
import { Settings } from './app/settings.ts';
import { memory, wasReloaded } from './memory.ts';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no #app');
// A duplicated tab has a copy of the place in a call; only a page that was loaded again goes back to it.
if (!wasReloaded()) memory.forgetPlace();

const settings = new Settings({
  storage: () => window.localStorage,
  overrides: overridesOf(readSwitches(location.search), readLooks(location.search)),
  preferredLanguages: navigator.languages,
});
render(<App settings={settings} />, root);
