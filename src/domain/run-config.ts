import type { AdvantageKind } from './advantage.ts';
import type { CurriculumRule } from './curriculum.ts';
import type { FindingKind, FindingPolicy } from './findings.ts';
import type { Retention } from './retention.ts';

export type RunMode = 'inference' | 'train';
export type SandboxChoice = 'auto' | 'docker' | 'bubblewrap';

/** Who makes the gradient steps: the embedded policy server, a server that speaks Tinker's API, or ART, serverless or its local server. */
export type TrainerChoice = 'embedded' | 'tinker' | 'art' | 'art-local';

/** How the agent works on one instance; the same for every rollout of a run. */
export interface AgentConfig {
  /** Turns at most. */
  readonly maxSteps: number;
  /** Seconds that its model calls and commands may take together; no turn begins after. */
  readonly timeLimitSeconds: number;
  readonly temperature: number;
  /** Tokens of one model call at most. */
  readonly maxTokens: number;
  /** Tokens of a prompt and its reply at most, kept to by leaving old observations out; null for no limit. Absent, as the next, in runs of an early 0.3. */
  readonly contextTokens?: number | null;
  /** How the model calls tools: by the endpoint's own calls, or by fenced blocks of shell in its text. */
  readonly toolProtocol?: 'calls' | 'text';
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
  /** Steps that may pass between the sampling of a rollout and its training; 0 waits. Absent, as the next, in runs of an early 0.3. */
  readonly maxStaleness?: number;
  /** Bound of the weight of a token by how far the policy has come since; null leaves it to the clipped ratio. */
  readonly stalenessBound?: number | null;
}

/** Which records of the data a run takes. */
export interface DataSelection {
  /** Of a data set on the hub, or of a folder that holds several; null takes the only one, or `train`. */
  readonly split: string | null;
  /** Branch, tag or commit of a data set on the hub; null takes its newest. */
  readonly revision: string | null;
  /** A condition in CEL over the record's fields; null takes all. */
  readonly where: string | null;
  /** How many of the records that meet it, drawn by the run's seed; null takes all. */
  readonly sample: number | null;
}

/** All records. */
export const WHOLE_DATA: DataSelection = { split: null, revision: null, where: null, sample: null };

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
  /** Path of a data file or folder, or the name of a data set on the Hugging Face hub. */
  readonly data: string;
  readonly selection: DataSelection;
  /** Model name on the endpoint; in train mode a folder or Hugging Face name that the policy server loads. */
  readonly model: string;
  /** Base URL of the OpenAI-compatible endpoint; null for the embedded policy server. */
  readonly apiBase: string | null;
  /** The first N that the filter keeps; null for all. */
  readonly numInstances: number | null;
  readonly shuffle: boolean;
  readonly seed: number;
  /** Absent in runs of an early 0.3: the embedded one. */
  readonly trainer?: TrainerChoice;
  readonly batchSize: number;
  readonly rolloutsPerInstance: number;
  readonly epochs: number;
  /** How many times its size a batch may grow to for want of groups with a lesson; 1 for not at all. Absent in runs of an early 0.3. */
  readonly oversample?: number;
  /** How each epoch chooses its instances; null where it takes them all. Absent in runs of an early 0.3. */
  readonly curriculum?: CurriculumRule | null;
  readonly rewardPower: number;
  readonly qualityFilter: boolean;
  /** The chance below which a flaky test may go unseen by the filter. */
  readonly flakeChance: number;
  readonly requireNonZeroTests: boolean;
  readonly sandbox: SandboxChoice;
  /** Whether the files of FAIL_TO_PASS tests are taken away while the agent works, where the data does not hide them. */
  readonly hideTests: boolean;
  /** What each finding of the audit does to a trajectory. */
  readonly findings: Readonly<Record<FindingKind, FindingPolicy>>;
  /** Share of gradings that are made twice. */
  readonly verifyShare: number;
  /** Rollouts in flight at most. */
  readonly concurrency: number;
  /** Seconds without a sign of life after which the machine that carries out a step counts as dead. */
  readonly heartbeatSeconds: number;
  /** Share of failed attempts among the last hundred above which the run holds itself; 1 never does. */
  readonly maxFailedShare: number;
  readonly agent: AgentConfig;
  readonly training: TrainingConfig;
  /** The policy version (`run@step`) that a run begins at; null for fresh weights. Absent, as the next, in runs of an early 0.3. */
  readonly startFrom?: string | null;
  readonly keep?: Retention;
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
