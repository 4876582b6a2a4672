import type { FinishedStory } from './memory.js';

/** Text in the two languages of the product; Chinese is said first. */
export interface Bilingual {
  zh: string;
  en: string;
}

/** Turns what happens in the stories into lines for a terminal. Names and numbers of persons have no place in them. */
export class Narrator {
  constructor(
    private readonly onProgress: (line: string) => void,
    private readonly apiUrl: string,
  ) {}

  begin(title: Bilingual, resumed: boolean): void {
    const zh = resumed ? `接着讲：${title.zh}` : `开始：${title.zh}`;
    const en = resumed ? `going on with: ${title.en}` : `begins: ${title.en}`;
    this.onProgress(`▶ ${zh} · ${en}`);
  }

  /** One step that has happened. */
  step(title: Bilingual, zh: string, en: string): void {
    this.onProgress(`  [${title.zh}] ${zh} · ${en}`);
  }

  /** How many departments have acknowledged so far. */
  tick(title: Bilingual, what: Bilingual, acknowledged: number, departments: number): void {
    const mark = acknowledged === departments ? '✓' : '…';
    this.onProgress(`  [${title.zh}] ${mark} ${acknowledged}/${departments} ${what.zh} · ${what.en}`);
  }

  failed(title: Bilingual, why: string): void {
    this.onProgress(`✗ ${title.zh} · ${title.en}: ${why}`);
  }

  summary(finished: { title: Bilingual; finished: FinishedStory; before: boolean }[]): void {
    if (finished.length === 0) return;
    this.onProgress('贵阳的故事 · The stories of Guiyang');
    for (const one of finished) {
      const took = one.before ? '先前已讲 · told before' : `${one.finished.seconds.toFixed(1)} s`;
      this.onProgress(`  ✓ ${one.title.zh} · ${one.title.en}: ${one.finished.caseNumber} (${took})`);
      this.onProgress(`    ${new URL(`/console/cases/${one.finished.caseId}`, this.apiUrl)}`);
    }
  }
}
