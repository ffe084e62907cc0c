import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ToMediaWorker } from '../ipc.ts';
import { IpcMessageError, parseToMediaWorker } from './messages.ts';

const OPEN = {
  op: 'open-session',
  requestId: 1,
  sessionId: 's',
  callId: 'c',
  remote: { ip: '127.0.0.1', port: 5000 },
  input: { codec: 'H264', ssrc: 0xffffffff, payloadType: 102, packetizationMode: 0 },
  cname: 'name',
} as const;
const ADD = {
  op: 'add-output',
  requestId: 2,
  sessionId: 's',
  outputId: 'o',
  stream: { codec: 'VP8', ssrc: 1, payloadType: 96 },
  targetBps: 1_000_000,
} as const;
const VALID: readonly ToMediaWorker[] = [
  OPEN,
  ADD,
  { ...ADD, maxWidth: 640, maxHeight: 360 },
  { op: 'close-session', requestId: 3, sessionId: 's' },
  { op: 'remove-output', requestId: 4, sessionId: 's', outputId: 'o' },
  { op: 'set-output-rate', sessionId: 's', outputId: 'o', targetBps: 10_000 },
  { op: 'set-output-rate', sessionId: 's', outputId: 'o', targetBps: 10_000, paceBps: 25_000 },
  { op: 'stop' },
];

function refusal(message: unknown): IpcMessageError {
  try {
    parseToMediaWorker(message);
  } catch (error) {
    if (error instanceof IpcMessageError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('messages from the server', () => {
  test.each(VALID)('$op is taken as it is', (message) => {
    expect(parseToMediaWorker(message)).toEqual(message);
  });

  test('fields that nobody knows are left behind', () => {
    expect(parseToMediaWorker({ op: 'stop', extra: 1 })).toEqual({ op: 'stop' });
  });

  test.each([
    ['an unknown op', { op: 'no' }, 'message.op'],
    ['no object', 'open-session', 'message must be an object'],
    ['a list', [], 'message must be an object'],
    [
      'an address that is not loopback',
      { ...OPEN, remote: { ip: '192.168.0.1', port: 1 } },
      'message.remote.ip',
    ],
    ['a name for an address', { ...OPEN, remote: { ip: 'localhost', port: 1 } }, 'message.remote.ip'],
    ['port 0', { ...OPEN, remote: { ip: '127.0.0.1', port: 0 } }, 'message.remote.port'],
    ['an unknown codec', { ...OPEN, input: { ...OPEN.input, codec: 'H265' } }, 'message.input.codec'],
    ['SSRC 0', { ...OPEN, input: { ...OPEN.input, ssrc: 0 } }, 'message.input.ssrc'],
    [
      'payload type 128',
      { ...OPEN, input: { ...OPEN.input, payloadType: 128 } },
      'message.input.payloadType',
    ],
    [
      'packetization mode 2',
      { ...OPEN, input: { ...OPEN.input, packetizationMode: 2 } },
      'packetizationMode',
    ],
    ['a mode for VP8', { ...ADD, stream: { ...ADD.stream, packetizationMode: 1 } }, 'packetizationMode'],
    ['a CNAME too long for SDES', { ...OPEN, cname: 'é'.repeat(128) }, 'message.cname'],
    ['an empty id', { ...OPEN, sessionId: '' }, 'message.sessionId'],
    ['a very long id', { ...OPEN, callId: 'x'.repeat(257) }, 'message.callId'],
    ['a fraction of a bit', { ...ADD, targetBps: 100_000.5 }, 'message.targetBps'],
    ['a width of text', { ...ADD, maxWidth: '640' }, 'message.maxWidth'],
    ['no request id', { ...ADD, requestId: undefined }, 'message.requestId'],
  ])('%s is refused, naming the field', (_what, message, field) => {
    expect(refusal(message)).toMatchObject({
      code: 'IPC_MESSAGE_INVALID',
      message: expect.stringContaining(field) as string,
    });
  });

  test('a refusal knows whom to answer', () => {
    expect(refusal({ ...ADD, outputId: 5 }).requestId).toBe(2);
    expect(refusal({ ...ADD, requestId: 'x' }).requestId).toBeNull();
  });

  test('whatever comes is a message or an IpcMessageError', () => {
    const json = fc.oneof(
      fc.jsonValue(),
      fc
        .constantFrom(...VALID)
        .chain((message) =>
          fc
            .record({ key: fc.constantFrom(...Object.keys(message)), value: fc.jsonValue() })
            .map(({ key, value }) => ({ ...message, [key]: value })),
        ),
    );
    fc.assert(
      fc.property(json, (message) => {
        try {
          parseToMediaWorker(message);
        } catch (error) {
          if (!(error instanceof IpcMessageError)) throw error;
        }
      }),
      { seed: 6, numRuns: 1000 },
    );
  });
});
