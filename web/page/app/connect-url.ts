/** Where this page's server takes connections. */
export function connectUrl(): string {
  const url = new URL('/connect', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  url.search = '';
  return url.href;
}
