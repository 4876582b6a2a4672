import type { JSX } from 'preact';
import { Layout } from '../parts/layout.js';
import { paths } from '../paths.js';
import type { Text } from '../text/index.js';
import type { Visit } from '../visit.js';

export type Message = Exclude<keyof Text['messages'], 'retry' | 'home'>;

/** Those who may simply be asked again: nothing is wrong with the address. */
const RETRYABLE: ReadonlySet<Message> = new Set<Message>(['failed', 'unavailable', 'tooMany']);

/** A page that says why there is no other one, and what to do. */
export function MessagePage({ visit, message }: { visit: Visit; message: Message }): JSX.Element {
  const { messages } = visit.text;
  const { title, text } = messages[message];
  return (
    <Layout visit={visit} title={title} kind="narrow">
      <section class="panel message">
        <h1>{title}</h1>
        <p>{text}</p>
        <p class="actions">
          {RETRYABLE.has(message) && (
            <a class="button" href={visit.here}>
              {messages.retry}
            </a>
          )}
          {message !== 'courtsOnly' && <a href={paths.cases}>{messages.home}</a>}
        </p>
      </section>
    </Layout>
  );
}
