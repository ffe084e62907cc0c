/** What a client says of its RTP, in mediasoup's types: header extensions that mediasoup does not know are left out. */
import * as mediasoup from 'mediasoup';
import type { types } from 'mediasoup';
import type { RtpCapabilities, RtpParameters } from '../../signaling/messages/media.ts';

const KNOWN_EXTENSIONS: ReadonlySet<string> = new Set(
  mediasoup.getSupportedRtpCapabilities().headerExtensions?.map(({ uri }) => uri),
);

function isKnown<T extends { readonly uri: string }>(
  extension: T,
): extension is T & { readonly uri: types.RtpHeaderExtensionUri } {
  return KNOWN_EXTENSIONS.has(extension.uri);
}

export function clientCapabilities({
  codecs,
  headerExtensions = [],
}: RtpCapabilities): types.RtpCapabilities {
  return { codecs, headerExtensions: headerExtensions.filter(isKnown) };
}

export function clientParameters({ headerExtensions = [], ...rest }: RtpParameters): types.RtpParameters {
  return { ...rest, headerExtensions: headerExtensions.filter(isKnown) };
}
