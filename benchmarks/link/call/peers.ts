/**
 * The yardstick: the same call without a server. Two bare pages of the same Chromium, peer to peer, the media between them through the same
 * emulated link, under libwebrtc's own congestion control.
 *
 *   Ben's page (caller, who watches) ⇄ UDP relay with the link ⇄ Ada's page (callee)
 *
 * What will surprise you: the caller is told one candidate only, the relay's, and the callee none: she learns the relay's address from its
 * first packet. So there is no way past the link.
 */
import * as v from 'valibot';
import { launchBrowser } from '../../../test/harness/browser.ts';
import { signalOf } from '../../../test/harness/participant.ts';
import { passMs, waitFor } from '../../../test/harness/wait.ts';
import { AccessLinkThread } from '../../../pipelines/link/live/accessLinkThread.ts';
import type { LinkPair } from '../../../pipelines/link/live/accessLink.ts';
import { type PassOn, servePeers } from '../../join/peerSite.ts';
import { ADA, BEN, type CallResult, type CallScenario, GOOD, SETTLE_MS } from './scenarios.ts';
import { watchViewer } from './viewer.ts';

const Message = v.object({
  description: v.optional(v.looseObject({ sdp: v.string() })),
  candidate: v.optional(v.looseObject({ candidate: v.string() })),
});

/** `candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host …` (RFC 8839 section 5.1), IPv4 over UDP. */
const HOST_CANDIDATE = /^(candidate:\S+ \d+ udp \d+ )(\d+\.\d+\.\d+\.\d+) (\d+)( typ host\b.*)$/i;

/** The link between two pages, opened when the callee says where she is. */
class PeerLink {
  readonly #links: LinkPair;
  readonly #seed: number;
  #opening: Promise<AccessLinkThread> | null = null;

  constructor(links: LinkPair, seed: number) {
    this.#links = links;
    this.#seed = seed;
  }

  /** Of what the pages say to each other, what leads through the link. */
  readonly passOn: PassOn = async (text, from) => {
    const message = v.parse(Message, JSON.parse(text));
    if (message.description !== undefined) {
      const sdp = message.description.sdp.replace(/^a=candidate:.*\r\n/gm, '');
      return JSON.stringify({ description: { ...message.description, sdp } });
    }
    const [, before, address = '', port, after] =
      HOST_CANDIDATE.exec(message.candidate?.candidate ?? '') ?? [];
    if (from === 'caller' || port === undefined || this.#opening !== null) return null;
    this.#opening = AccessLinkThread.open({
      relays: [{ address, port: 0, target: { address, port: Number(port) } }],
      sourceAddress: null,
      links: this.#links,
      seed: this.#seed,
    });
    const link = await this.#opening;
    const candidate = `${before ?? ''}${address} ${link.ports[0] ?? 0}${after ?? ''}`;
    return JSON.stringify({ candidate: { ...message.candidate, candidate } });
  };

  /** @throws Error before the pages have found each other */
  async opened(): Promise<AccessLinkThread> {
    if (this.#opening === null) throw new Error('the callee named no IPv4 address');
    return await this.#opening;
  }

  async close(): Promise<void> {
    await (await this.#opening)?.close();
  }
}

/** @throws ChromiumNotFoundError */
export async function measurePeers(
  scenario: CallScenario,
  seconds: number,
  seed: number,
): Promise<CallResult> {
  const peers = new PeerLink({ up: GOOD, down: GOOD }, seed);
  const ends: (() => Promise<void>)[] = [(): Promise<void> => peers.close()];
  try {
    const site = await servePeers(peers.passOn);
    ends.push(() => site.close());
    const browser = await launchBrowser();
    ends.push(() => browser.close());
    const ada = await browser.newPage(`${site.url}#callee`, { signal: signalOf(ADA.stream) });
    const ben = await browser.newPage(`${site.url}#caller`, { signal: signalOf(BEN.stream) });
    for (const side of [ada, ben]) await side.page.waitForSelector('body[data-state=ready]');
    await ben.page.click('#call');
    await waitFor('Ben to see Ada', () =>
      ben.page.evaluate<boolean>(`document.querySelector('#remote').videoWidth > 0`),
    );
    await passMs(SETTLE_MS);
    const link = await peers.opened();
    // From the caller to the callee is up, as it is to a server.
    return await watchViewer(
      {
        probe: ben.probe,
        video: '#remote',
        stream: ADA.stream,
        begin: () => link.setLinks({ up: GOOD, down: scenario.down }),
        wait: () => passMs(seconds * 1000).then(() => []),
        report: () => link.report(),
      },
      scenario,
      seconds,
    );
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
