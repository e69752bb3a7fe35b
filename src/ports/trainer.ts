import type { TrainerChoice, TrainingConfig } from '../domain/run-config.ts';
import type { RunOpening } from '../domain/run-opening.ts';
import type { TrainerCapabilities } from '../domain/trainer-capabilities.ts';

/** A published checkpoint: step n of a run and the hash of its manifest. */
export interface PublishedStep {
  readonly step: number;
  readonly manifest: string;
  /** Model name to sample this version by. */
  readonly model: string;
}

export interface TrainStepRequest {
  readonly run: string;
  readonly step: number;
  /** Manifest hash of step - 1. */
  readonly parent: string;
  /** The batch file, where the trainer can read it. */
  readonly batch: { readonly path: string; readonly sha256: string };
  readonly training: TrainingConfig;
  /** The temperature that the samples were made at. */
  readonly temperature: number;
}

export type StepState =
  | { readonly state: 'running' }
  | {
      readonly state: 'done';
      readonly published: PublishedStep;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | {
      readonly state: 'failed';
      /** Of `Trainer.Storage` nothing is left: the disk was full, and the step can be made once it is not. */
      readonly type: 'Trainer.Failed' | 'Trainer.OutOfMemory' | 'Trainer.Storage';
      readonly reason: string;
    };

/** Makes gradient steps; step n of a run is its own key, so asking twice changes nothing. Errors are `Trainer.*`. */
export interface Trainer {
  readonly capabilities: TrainerCapabilities;
  /**
   * Loads the base model and answers the run's newest published step (0 for a new run). A caller whose `signal` aborts
   * waits no longer; the trainer loads on.
   */
  openRun(opening: RunOpening, signal?: AbortSignal): Promise<PublishedStep>;
  startStep(request: TrainStepRequest): Promise<StepState>;
  stepState(run: string, step: number): Promise<StepState>;
  /** The steps that have a checkpoint. */
  checkpoints(run: string): Promise<readonly number[]>;
  /** Deletes a checkpoint; one that is gone already changes nothing. The newest is refused. */
  deleteCheckpoint(run: string, step: number): Promise<void>;
}

/** The trainers of this process, by what a run's config calls them. */
export type Trainers = Readonly<Record<TrainerChoice, Trainer>>;
