import type { JSX } from 'preact';
import { PURPOSES } from '../../domain/identity/relations.js';
import type { Visit } from '../visit.js';

/** Choosing what for; nothing is chosen beforehand, so that it is said. */
export function PurposeSelect({ visit, id }: { visit: Visit; id: string }): JSX.Element {
  const { who } = visit.text;
  return (
    <select id={id} name="purpose" required>
      <option value="">{who.candidates.choose}</option>
      {PURPOSES.map((purpose) => (
        <option key={purpose} value={purpose}>
          {who.purposes[purpose]}
        </option>
      ))}
    </select>
  );
}

/** Masked, a page asks what for before it shows anybody in full; in full, it says that this was logged. By POST alone: no address shows a person. */
export function Reveal({ visit, path, masked }: { visit: Visit; path: string; masked: boolean }): JSX.Element {
  const { reveal } = visit.text.who;
  if (!masked) {
    return (
      <p class="panel notice" role="status">
        {reveal.shown} <a href={path}>{reveal.mask}</a>
      </p>
    );
  }
  return (
    <form class="filters" method="post" action={path} aria-label={reveal.title}>
      <label for="reveal-purpose">
        <span>{reveal.purpose}</span>
        <PurposeSelect visit={visit} id="reveal-purpose" />
      </label>
      <button class="button" type="submit" aria-describedby="reveal-hint">
        {reveal.title}
      </button>
      <span id="reveal-hint" class="hint">
        {reveal.hint}
      </span>
    </form>
  );
}
