import type { ComponentChildren, JSX } from 'preact';

interface ListProps {
  class?: string;
  label?: string;
  children: ComponentChildren;
}

// A list without bullets is none to VoiceOver unless it says that it is one.
const ROLE = { role: 'list' } as const;
const named = (label: string | undefined): { 'aria-label'?: string } =>
  label === undefined ? {} : { 'aria-label': label };

export const List = ({ class: kind, label, children }: ListProps): JSX.Element => (
  <ul {...ROLE} {...named(label)} class={kind}>
    {children}
  </ul>
);

export const OrderedList = ({ class: kind, label, children }: ListProps): JSX.Element => (
  <ol {...ROLE} {...named(label)} class={kind}>
    {children}
  </ol>
);
