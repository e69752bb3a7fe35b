import type { AdvantageKind } from './advantage.ts';

export type RunMode = 'inference' | 'train';
export type SandboxChoice = 'auto' | 'docker' | 'bubblewrap';

/** How the agent works on one instance; the same for every rollout of a run. */
export interface AgentConfig {
  /** Turns at most. */
  readonly maxSteps: number;
  readonly temperature: number;
  /** Tokens of one model call at most. */
  readonly maxTokens: number;
  readonly systemPrompt: string;
  /** Placeholders: see schemas/prompt-template.ts. */
  readonly instancePromptTemplate: string;
  /** Seconds that one bash command may take. */
  readonly commandTimeoutSeconds: number;
  /** Seconds that one model call may take, body included. */
  readonly modelTimeoutSeconds: number;
  /** Characters of one observation; what is beyond is cut from its middle. */
  readonly outputLimitCharacters: number;
}

/** The gradient step's options, as the trainer receives them. */
export interface TrainingConfig {
  readonly learningRate: number;
  readonly loraRank: number;
  readonly loss: 'grpo' | 'dapo' | 'dr_grpo';
  readonly importance: 'token' | 'sequence';
  readonly clipLow: number;
  readonly clipHigh: number;
  readonly klCoefficient: number;
  readonly advantage: AdvantageKind;
}

/** A named set that is evaluated before the first step and after the last. */
export interface EvaluationSet {
  readonly name: string;
  readonly data: string;
}

interface EvaluationConfig {
  readonly sets: readonly EvaluationSet[];
  readonly rolloutsPerInstance: number;
}

/** A run's configuration with every default filled in; written once as runs/<run>/config.json. */
export interface RunConfig {
  readonly run: string;
  readonly mode: RunMode;
  /** Path of the data file. */
  readonly data: string;
  /** Model name on the endpoint; in train mode a folder or Hugging Face name that the policy server loads. */
  readonly model: string;
  /** Base URL of the OpenAI-compatible endpoint; null for the embedded policy server. */
  readonly apiBase: string | null;
  /** The first N that the filter keeps; null for all. */
  readonly numInstances: number | null;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly batchSize: number;
  readonly rolloutsPerInstance: number;
  readonly epochs: number;
  readonly rewardPower: number;
  readonly qualityFilter: boolean;
  readonly requireNonZeroTests: boolean;
  readonly sandbox: SandboxChoice;
  /** Rollouts in flight at most. */
  readonly concurrency: number;
  /** Seconds without a sign of life after which the machine that carries out a step counts as dead. */
  readonly heartbeatSeconds: number;
  /** Share of failed attempts among the last hundred above which the run holds itself; 1 never does. */
  readonly maxFailedShare: number;
  readonly agent: AgentConfig;
  readonly training: TrainingConfig;
  readonly evaluation: EvaluationConfig | null;
}

/** The policy that a rollout samples from. */
export interface Policy {
  readonly version: number;
  /** Model name on the endpoint. */
  readonly model: string;
  /** Null for the embedded policy server. */
  readonly apiBase: string | null;
}
