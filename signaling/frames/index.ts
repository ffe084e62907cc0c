/** CCP-1 frames. Runs unchanged in browsers and in Node. docs/protocol/ccp-1-frames.md is the specification. */
export * from './codec.ts';
export * from './frame.ts';
export * from './limits.ts';
export * from './stream.ts';
