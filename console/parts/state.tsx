import type { JSX } from 'preact';
import type { DefaulterState } from '../../domain/vocabulary.js';
import type { Visit } from '../visit.js';

const DEFAULTER_GLYPHS: { readonly [S in DefaulterState]: string } = {
  GRACE: '○',
  PUBLISHING: '◔',
  IN_FORCE: '●',
  RELEASING: '◑',
  RELEASED: '✓',
};

const CASE_GLYPHS = { OPEN: '●', CLOSED: '✓' } as const;

interface BadgeProps {
  tone: string;
  glyph: string;
  children: string;
}

/** Glyph, text and colour: each says the same. */
const Badge = ({ tone, glyph, children }: BadgeProps): JSX.Element => (
  <span class={`badge badge-${tone}`}>
    <span aria-hidden="true">{glyph}</span> {children}
  </span>
);

export function DefaulterBadge({
  visit,
  defaulter,
}: {
  visit: Visit;
  defaulter: { state: DefaulterState; stayed: boolean };
}): JSX.Element {
  const { state, stayed } = defaulter;
  return (
    <>
      <Badge tone={state.toLowerCase()} glyph={DEFAULTER_GLYPHS[state]}>
        {visit.text.defaulterStates[state]}
      </Badge>
      {stayed && state !== 'RELEASED' && (
        <Badge tone="stayed" glyph="‖">
          {visit.text.stayed}
        </Badge>
      )}
    </>
  );
}

export const CaseBadge = ({ visit, state }: { visit: Visit; state: 'OPEN' | 'CLOSED' }): JSX.Element => (
  <Badge tone={`case-${state.toLowerCase()}`} glyph={CASE_GLYPHS[state]}>
    {visit.text.caseStates[state]}
  </Badge>
);
