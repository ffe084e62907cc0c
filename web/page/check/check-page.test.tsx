// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';
import { CHECKS, type CheckResult, type ConnectionTestOptions } from '../../sdk/probe.ts';
import { Settings } from '../app/settings.ts';
import { type Shown, show } from '../view/testing/show.tsx';
import { CheckPage } from './check-page.tsx';

let shown: Shown | null = null;

afterEach(async () => {
  await shown?.close();
  shown = null;
});

interface Run {
  readonly options: ConnectionTestOptions;
  readonly finish: () => void;
}

async function open(): Promise<{ view: Shown; runs: Run[] }> {
  const runs: Run[] = [];
  const run = (options: ConnectionTestOptions): Promise<readonly CheckResult[]> => {
    const { promise, resolve } = Promise.withResolvers<readonly CheckResult[]>();
    runs.push({ options, finish: () => resolve([]) });
    return promise;
  };
  const settings = new Settings({
    storage: () => ({ getItem: () => null, setItem: () => undefined }),
    preferredLanguages: ['en'],
  });
  const view = await show(<CheckPage settings={settings} run={run} />);
  shown = view;
  return { view, runs };
}

const ok = (id: CheckResult['id'], rttMs: number | null = null): CheckResult => ({
  id,
  state: 'ok',
  rttMs,
  detail: id === 'secure-context' ? 'secure' : id === 'devices' ? 'camera-and-microphone' : 'connected',
});

describe('the connection test', () => {
  it('shows each check while it runs and when it is done', async () => {
    const { view, runs } = await open();
    expect(view.all('test-row').map(({ dataset }) => dataset['state'])).toEqual(CHECKS.map(() => 'waiting'));
    const [run] = runs;
    await view.act(() =>
      run?.options.onResult({ id: 'udp', state: 'running', rttMs: null, detail: 'running' }),
    );
    const row = (): HTMLElement | undefined =>
      view.all('test-row').find(({ dataset }) => dataset['testId'] === 'udp');
    expect(row()?.dataset['state']).toBe('running');
    await view.act(() => run?.options.onResult(ok('udp', 3.21)));
    expect(row()?.dataset['state']).toBe('ok');
    expect(row()?.textContent).toContain('3.2 ms');
    expect(view.find('test-verdict').dataset['verdict']).toBe('running');
  });

  it('sums up, and can run again', async () => {
    const { view, runs } = await open();
    await view.act(async () => {
      for (const id of CHECKS) runs[0]?.options.onResult(ok(id));
      runs[0]?.finish();
      await Promise.resolve();
    });
    expect(view.find('test-verdict').dataset['verdict']).toBe('good');
    expect(view.maybe('copy-report')).not.toBeNull();
    await view.press('test-again');
    expect(runs).toHaveLength(2);
    expect(view.all('test-row').every(({ dataset }) => dataset['state'] === 'waiting')).toBe(true);
  });

  it('stops when it is told to, and when the page goes', async () => {
    const { view, runs } = await open();
    await view.press('test-stop');
    expect(runs[0]?.options.signal?.aborted).toBe(true);
    await view.press('test-stop');
    await view.close();
    shown = null;
    expect(runs.every(({ options }) => options.signal?.aborted === true)).toBe(true);
  });
});
