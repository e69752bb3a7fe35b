import type { SteadfastError } from '../../../domain/failures.ts';
import type { TrainingConfig } from '../../../domain/run-config.ts';
import type { TrajectoryGroup } from './groups.ts';

/** A run's model, as ART has it. */
export interface ArtModel {
  /** The serverless API's own; the local server goes by the name. */
  readonly id: string | null;
  readonly entity: string | null;
  readonly project: string;
  readonly name: string;
  readonly baseModel: string;
}

/** What a step is made of. */
export interface ArtStep {
  readonly groups: readonly TrajectoryGroup[];
  readonly training: TrainingConfig;
}

/** What asking for a step came to. Only of a refused one is it known that it was not made. */
export type Outcome =
  | { readonly kind: 'ended'; readonly metrics: Readonly<Record<string, number>> }
  | { readonly kind: 'refused'; readonly error: SteadfastError }
  | { readonly kind: 'lost'; readonly why: string };

/** Where a step is sampled, by an OpenAI-compatible endpoint. */
export interface SampledAt {
  readonly apiBase: string;
  readonly model: string;
  /** Whether that name is of this very step for ever, or of the newest. */
  readonly isVersioned: boolean;
}

/** What the serverless API and the local server have in common. Errors are `Trainer.*`. */
export interface ArtServer {
  /** Names the run's model to ART; the same again changes nothing. */
  register(run: string, baseModel: string): Promise<ArtModel>;
  /** The newest step that ART has made; 0 for a new model. */
  newestStep(model: ArtModel): Promise<number>;
  /** Asks for the next step and waits for its end; `accepted` hears of the job that makes it, where there is one. */
  ask(model: ArtModel, step: ArtStep, accepted: (job: string) => Promise<void>): Promise<Outcome>;
  /** Waits for the end of a job that was asked for before. */
  follow(job: string): Promise<Outcome>;
  sampledAt(model: ArtModel, step: number): Promise<SampledAt>;
  /** Makes sure that the newest step can be sampled; `before` is where the last one was. */
  serve(model: ArtModel, before: SampledAt | null): Promise<void>;
  /** Deletes a step's checkpoint, or finds it gone. */
  deleteStep(model: ArtModel, step: number): Promise<void>;
  /** What a person does about a step of which nobody knows whether it was made. */
  readonly advice: string;
}
