/** A browser as far as a login needs one: follows redirects, trusts the simulator's CA, on node:http(s). */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Every page on the way; the last is the one that is shown. @param edit - Changes the address before it is followed. */
export async function browse(start: string, ca: string | undefined, edit: (url: URL) => URL | undefined = (url) => url): Promise<Page[]> {
  const pages: Page[] = [];
  let next: URL | undefined = new URL(start);
  while (next !== undefined && pages.length < 5) {
    const page: Page = await load(next, ca);
    pages.push(page);
    const { location } = page.headers;
    next = typeof location === 'string' ? edit(new URL(location, next)) : undefined;
  }
  return pages;
}

function load(url: URL, ca: string | undefined): Promise<Page> {
  // The server of the login listens on 127.0.0.1 alone, and wants the name that the issuer knows.
  const host = url.host;
  const address = new URL(url);
  if (address.hostname === 'localhost') address.hostname = '127.0.0.1';
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(address, { agent: false, headers: { host }, ...(ca === undefined ? {} : { ca }) }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      incoming.once('end', () => resolve({ url, status: incoming.statusCode ?? 0, headers: incoming.headers, text }));
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}
