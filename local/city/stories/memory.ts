import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const finished = z.object({ caseId: z.string(), caseNumber: z.string(), seconds: z.number() });
const story = z.object({
  startedAt: z.iso.datetime(),
  /** What each finished scene found: ids, instants and outcomes, never a person. */
  scenes: z.record(z.string(), z.unknown()),
  told: finished.optional(),
});
const file = z.object({ version: z.literal(1), stories: z.record(z.string(), story) });

/** Where a told story can be looked at, and how long telling took. */
export type FinishedStory = z.output<typeof finished>;

/**
 * What has been told in this data directory, in one file replaced atomically after every scene. A scene whose request was answered but not
 * noted is told again with the same Idempotency-Key and body, so it is still one fact.
 */
export class StoryMemory {
  private constructor(
    private readonly path: string,
    private readonly state: z.output<typeof file>,
  ) {}

  /** @throws Error with the way out when the file can't be read as ours. */
  static open(path: string): StoryMemory {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        return new StoryMemory(path, { version: 1, stories: {} });
      }
      throw error;
    }
    try {
      return new StoryMemory(path, file.parse(JSON.parse(text)));
    } catch {
      throw new Error(`${path} is not a record of told stories of this version: start with an empty data directory`);
    }
  }

  /** The instant the story began, noted before its first request: every date in it derives from this one, also after a restart. */
  begin(id: string): { startedAt: Date; resumed: boolean } {
    const known = this.state.stories[id];
    if (known) return { startedAt: new Date(known.startedAt), resumed: true };
    const startedAt = new Date();
    this.state.stories[id] = { startedAt: startedAt.toISOString(), scenes: {} };
    this.save();
    return { startedAt, resumed: false };
  }

  finished(id: string): FinishedStory | undefined {
    return this.state.stories[id]?.told;
  }

  scene(id: string, name: string): unknown {
    return this.state.stories[id]?.scenes[name];
  }

  note(id: string, name: string, found: unknown): void {
    const known = this.state.stories[id];
    if (!known) throw new Error(`story ${id} has not begun`);
    known.scenes[name] = found;
    this.save();
  }

  end(id: string, end: FinishedStory): void {
    const known = this.state.stories[id];
    if (!known) throw new Error(`story ${id} has not begun`);
    known.told = end;
    this.save();
  }

  private save(): void {
    const next = `${this.path}.${process.pid}.new`;
    try {
      writeFileSync(next, `${JSON.stringify(this.state, null, 1)}\n`, { mode: 0o600 });
      renameSync(next, this.path);
    } catch (error) {
      rmSync(next, { force: true });
      throw error;
    }
  }
}
