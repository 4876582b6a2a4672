import type { Credential } from '../client.js';
import { duyun } from './duyun.js';
import { house } from './house.js';
import { StoryMemory } from './memory.js';
import { Narrator } from './narrator.js';
import { school } from './school.js';
import { Stage, type Story, toldIn } from './stage.js';

const stories: Story[] = [house, school, duyun];

/**
 * Plays the stories of Guiyang through the public API, at the same time, each once per `stateFile`: what is told is noted there scene by
 * scene, and a telling cut off anywhere goes on where it was. Lines for people go to `onProgress`.
 * @throws AggregateError, after every story has ended, when one did not turn out as told.
 */
export async function tellStories(options: {
  apiUrl: string;
  credentials: Credential[];
  stateFile: string;
  onProgress: (line: string) => void;
}): Promise<void> {
  const { apiUrl, credentials, stateFile, onProgress } = options;
  const memory = StoryMemory.open(stateFile);
  const narrator = new Narrator(onProgress, apiUrl);

  const tellings = await Promise.allSettled(
    stories.map(async (story) => {
      const before = memory.finished(story.id);
      if (before) return { title: story.title, finished: before, before: true };
      const { startedAt, resumed } = memory.begin(story.id);
      narrator.begin(story.title, resumed);
      const began = Date.now();
      try {
        const end = await story.tell(new Stage({ story, apiUrl, credentials, memory, narrator, startedAt }));
        const finished = toldIn((Date.now() - began) / 1_000, end);
        memory.end(story.id, finished);
        return { title: story.title, finished, before: false };
      } catch (error) {
        const why = error instanceof Error ? error.message : 'unknown';
        narrator.failed(story.title, why);
        throw new Error(`story ${story.id}: ${why}`, { cause: error });
      }
    }),
  );

  narrator.summary(tellings.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  const failures = tellings.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  if (failures.length > 0) {
    const reasons = failures.map((one) => (one instanceof Error ? one.message : 'unknown')).join('; ');
    throw new AggregateError(failures, `the stories did not turn out as told: ${reasons}`);
  }
}
