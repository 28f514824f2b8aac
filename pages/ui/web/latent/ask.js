// Questions to the server: one in flight, and of those that wait only the newest of each channel is kept.
import { parse } from '../core/frame.js';
import { reach, unreached } from '../core/view.js';

const PATIENCE_MS = 60000; // an inversion takes its time

/** `url()` is the address with its token; `moment()` a step or null; `on`: { done, refused, gone }. */
export function asker({ url, moment, on }) {
  const waiting = new Map();
  let busy = false,
    alive = true;

  async function pump() {
    if (busy || !waiting.size || !alive) return;
    const [channel, { query, then }] = waiting.entries().next().value;
    waiting.delete(channel);
    busy = true;
    const begun = performance.now();
    try {
      const at = moment();
      const reply = await reach(`${url()}&${new URLSearchParams({ ...query, ...(at === null ? {} : { at }) })}`, {
        patience: PATIENCE_MS,
      });
      if (!alive) return;
      const kind = reply.headers.get('content-type') || '';
      if (reply.status === 410) on.gone();
      else if (reply.status === 400 && kind.startsWith('application/json'))
        on.refused((await reply.json()).message, channel);
      else if (reply.status === 200 && kind.startsWith('application/octet-stream')) {
        const frame = parse(await reply.arrayBuffer());
        if (!alive) return;
        then?.(frame);
        on.done(frame, channel, performance.now() - begun);
      }
    } catch (error) {
      if (!unreached(error)) console.warn('latent space:', error);
    } finally {
      busy = false;
      pump();
    }
  }

  return {
    ask(channel, query, then) {
      const given = Object.fromEntries(
        Object.entries(query).filter(([, v]) => v !== undefined && v !== null && v !== ''),
      );
      waiting.set(channel, { query: given, then });
      pump();
    },
    end() {
      alive = false;
      waiting.clear();
    },
  };
}
