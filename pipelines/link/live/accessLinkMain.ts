/** The thread of an access link: see accessLinkThread.ts. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { AccessLink } from './accessLink.ts';
import type { FromAccessLink, Refusal, ToAccessLink } from './accessLinkMessages.ts';
import { comeFirst } from './priority.ts';

let access: AccessLink | undefined;

async function answer(message: ToAccessLink): Promise<FromAccessLink | null> {
  if (message.op === 'open') {
    access = await AccessLink.open(message.options);
    return { op: 'opened', requestId: message.requestId, ports: access.ports };
  }
  switch (message.op) {
    case 'set-links': {
      const startedAtMs = (await access?.setLinks(message.links)) ?? NaN;
      return { op: 'links-set', requestId: message.requestId, startedAtMs };
    }
    case 'report': {
      if (access === undefined) throw new Error('the access link is not open');
      return { op: 'reported', requestId: message.requestId, report: await access.report() };
    }
    case 'set-cut':
      access?.setCut(message.cut);
      return null;
    case 'rebind':
      access?.rebind(message.sourceAddress);
      return null;
    case 'abandon':
      access?.abandon(message.sourceAddress);
      return null;
    case 'close':
      await access?.close();
      parentPort?.close();
      return null;
  }
}

function refusalOf(error: unknown): Refusal {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  return { code: 'code' in error ? String(error.code) : '', message: error.message };
}

function serve(port: MessagePort): void {
  port.on('message', (message: ToAccessLink) => {
    answer(message).then(
      (response) => {
        if (response !== null) port.postMessage(response);
      },
      (error: unknown) => {
        if (!('requestId' in message)) throw error;
        const refusal: FromAccessLink = {
          op: 'refused',
          requestId: message.requestId,
          error: refusalOf(error),
        };
        port.postMessage(refusal);
      },
    );
  });
}

if (parentPort !== null) {
  comeFirst();
  serve(parentPort);
}
