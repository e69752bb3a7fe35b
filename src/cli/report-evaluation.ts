import { compare, type Estimate } from '../domain/estimates.ts';
import { costOf, estimatesOf, estimatesTable, type Prices } from './estimates.ts';
import type { Evaluation } from './evaluation.ts';
import type { Output } from './output.ts';
import { rounded } from './trajectory-lines.ts';

/** Prints the estimates of a run, what is in none of them, what it cost and where its predictions lie. */
export function reportEvaluation(
  evaluation: Evaluation,
  prices: Prices,
  output: Output,
  json: boolean,
): void {
  const {
    run,
    model,
    tallies,
    unscored,
    failed,
    lastFailure,
    usage,
    callsWithoutUsage,
    refused,
    predictions,
  } = evaluation;
  const estimates = estimatesOf(evaluation);
  const rollouts = tallies.reduce((sum, tally) => sum + tally.rollouts, 0);
  const cost = costOf(evaluation, prices);
  output.say('');
  output.say(`${run}: ${model}, ${rollouts} rollouts scored on ${tallies.length} instances`);
  if (failed > 0) {
    const why = lastFailure === null ? '' : `; the last of them: ${lastFailure}`;
    output.say(`${failed} attempts failed, which is in no number below${why}`);
  }
  if (unscored > 0) output.say(`${unscored} instances have no scored rollout, and are in no number below`);
  for (const [name, calls] of Object.entries(refused)) {
    output.say(`the endpoint takes no ${name}: ${calls} calls were sampled by its own`);
  }
  if (estimates.size > 0) output.say(estimatesTable(estimates));
  const untold =
    callsWithoutUsage === 0 ? '' : ` and those of ${callsWithoutUsage} calls that came without usage`;
  const paid = cost === null ? '' : `; cost: $${cost.toFixed(2)}`;
  output.say(
    `tokens of the scored rollouts: ${usage.promptTokens} read, ${usage.completionTokens} written${untold}${paid}`,
  );
  if (predictions.length > 0) output.say(`predictions: ${predictions.join(', ')}`);
  if (!json) return;
  output.data({
    type: 'evaluation',
    run,
    model,
    instances: tallies.length,
    unscored,
    rollouts,
    failed,
    last_failure: lastFailure,
    estimates: Object.fromEntries([...estimates].map(([name, estimate]) => [name, inRecord(estimate)])),
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    calls_without_usage: callsWithoutUsage,
    calls_that_refused: refused,
    cost_usd: cost,
    predictions,
  });
}

/** Prints whether one run's model resolves more than another's, on the instances that both were scored on. */
export function reportComparison(a: Evaluation, b: Evaluation, output: Output, json: boolean): void {
  const compared = compare(a.tallies, b.tallies, b.seed);
  if (compared === null) {
    output.say(`${a.run} and ${b.run} share no scored instance: there is nothing to compare`);
    return;
  }
  const { difference, pValue, better, worse } = compared;
  const { value, low, high, instances } = difference;
  output.say(
    `resolved, against ${a.run}: ${signed(value)} (95%: ${signed(low)} to ${signed(high)}), p = ${pValue.toPrecision(2)}; ` +
      `better on ${better}, worse on ${worse} of ${instances} instances of both`,
  );
  if (!json) return;
  output.data({
    type: 'comparison',
    run: b.run,
    against: a.run,
    ...inRecord(difference),
    p_value: pValue,
    better,
    worse,
  });
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)}`;
}

function inRecord({ value, low, high, instances }: Estimate): Record<string, number | null> {
  return { value: rounded(value), low: rounded(low), high: rounded(high), instances };
}
