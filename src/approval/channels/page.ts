import type { OpenBrowser } from './browser.ts';
import type { Channel } from './channel.ts';
import type { Pages } from './pages.ts';

/** A page in a browser that this process opens for the person at this machine. */
export function createPageChannel(pages: Pages, openBrowser: OpenBrowser): Channel {
  return {
    by: 'page',
    outlivesCall: true,
    put: (approval, question, { client }) => pages.put('page', approval, question, client, openBrowser),
  };
}
