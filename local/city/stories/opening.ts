import type { Person } from './people.js';

/** A case as the stories open them: everybody listed on ground 1 and restricted in consumption, from one decision. */
export interface Opening {
  court: string;
  judge: string;
  /** Number of the case; its year is that of the filing. */
  serial: number;
  /** The court's days, YYYY-MM-DD. */
  filedOn: string;
  decidedOn: string;
  basis: { serial: number; issuer: string };
  /** Yuan. */
  debt: string;
  content: string;
  defaulters: { party: Person; seized?: { type: 'property-unit'; number: string } }[];
}

/** What the clerk posts to open it (`POST /v1/cases`). */
export function openingOf({
  court,
  judge,
  serial,
  filedOn,
  decidedOn,
  basis,
  debt,
  content,
  defaulters,
}: Opening): object {
  const year = filedOn.slice(0, 4);
  const number = `（${year}）${court}执${serial}号`;
  return {
    caseNumber: number,
    court,
    judge,
    filedOn,
    basis: { number: `（${year}）${court}民初${basis.serial}号`, issuer: basis.issuer },
    obligation: { amount: debt, content },
    defaulters: defaulters.map(({ party, seized }) => ({
      ...party,
      ground: 1,
      conduct: '有履行能力而拒不履行生效法律文书确定义务',
      decision: { number: `${number}之一`, madeOn: decidedOn },
      measures: [
        'LISTING',
        'CONSUMPTION',
        ...(seized
          ? [{ measure: 'SEAL', decision: { number: `${number}之二`, madeOn: decidedOn }, asset: seized }]
          : []),
      ],
    })),
  };
}
