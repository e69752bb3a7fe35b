import { z } from 'zod';
import { DEFAULT_INSTANCE_PROMPT_TEMPLATE, PLACEHOLDERS } from './prompt-template.ts';
import { byMode, count } from './run-config-fields.ts';

/** The fields of a run's config that say how the agent works on an instance. */
export const agentFields = {
  max_steps: count().max(1000).default(30).describe('Turns of a rollout at most'),
  time_limit_seconds: count()
    .max(7 * 24 * 3600)
    .default(3600)
    .describe('Seconds that the model calls and commands of a rollout may take together'),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .optional()
    .describe(`Sampling temperature (${byMode('temperature')})`),
  max_tokens: count().max(1_000_000).default(4096).describe('Tokens of one model call at most'),
  context_tokens: z
    .int()
    .min(1024)
    .max(100_000_000)
    .nullable()
    .optional()
    .describe(
      'Tokens of a prompt and its reply at most: the oldest observations are left out to stay below (default: a rollout ends at the limit of its model)',
    ),
  tool_protocol: z
    .enum(['calls', 'text'])
    .default('calls')
    .describe(
      'calls: the tool calls of the endpoint; text: a fenced bash block for each command, for models without',
    ),
  system_prompt: z
    .string()
    .optional()
    .describe('System prompt; empty for none (default: one that explains the tools)'),
  instance_prompt_template: z
    .string()
    .min(1)
    .default(DEFAULT_INSTANCE_PROMPT_TEMPLATE)
    .describe(
      `First user message; placeholders: ${Object.keys(PLACEHOLDERS)
        .map((name) => `{${name}}`)
        .join(', ')}`,
    ),
  command_timeout_seconds: count().max(3600).default(60).describe('Seconds that one bash command may take'),
  model_timeout_seconds: count()
    .max(900)
    .default(590)
    .describe('Seconds that one model call may take, its whole answer included'),
  output_limit_characters: z
    .int()
    .min(100)
    .max(1_000_000)
    .default(10_000)
    .describe('Characters of one observation; what is beyond is cut from its middle'),
};
