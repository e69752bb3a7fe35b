import { deriveSeed, shuffled } from '../../src/domain/seeds.ts';
import type { ToolCall } from '../../src/domain/messages.ts';
import type { Edit, Repair } from './edits.ts';

/** What a demonstration does, before it is carried out: tool calls one after another, then the closing words. */
export interface Plan {
  readonly calls: readonly Omit<ToolCall, 'id'>[];
  readonly closing: string;
}

/**
 * The demonstrations of one instance, noisy in strategy and firm in skill: 35% look and then fix (95% of them
 * rightly), 30% edit without a look (80% of them wrongly), 35% end at once. Reinforcement learning has to find out
 * which way of working pays; the repair itself it knows. Noise in the repair would be learned slowly or never.
 */
export function plansOf(repair: Repair, count: number, seed: number): Plan[] {
  const looks = Math.round(count * 0.35);
  const guesses = Math.round(count * 0.3);
  const plans: Plan[] = [];
  for (let i = 0; i < count; i++) {
    const dice = deriveSeed(seed, i);
    if (i < looks) {
      const right = dice % 20 !== 0;
      plans.push({
        calls: [look(repair, dice), replace(right ? repair.right : wrongOf(repair, dice))],
        closing: done(dice),
      });
    } else if (i < looks + guesses) {
      const right = i - looks < Math.round(guesses * 0.2);
      plans.push({ calls: [replace(right ? repair.right : wrongOf(repair, dice))], closing: done(dice) });
    } else {
      plans.push({ calls: [], closing: IDLE[dice % IDLE.length] ?? '' });
    }
  }
  return shuffled(plans, seed);
}

const DONE = ['Done.', 'Fixed.', 'That is it.'];
const IDLE = ['Nothing to do.', 'It looks fine.', 'All is well.'];

function done(dice: number): string {
  return DONE[dice % DONE.length] ?? '';
}

function wrongOf(repair: Repair, dice: number): Edit {
  return repair.wrong[dice % repair.wrong.length] ?? repair.right;
}

function look(repair: Repair, dice: number): Omit<ToolCall, 'id'> {
  const from = Math.max(1, repair.lines.from - (dice % 3));
  const to = repair.lines.to + (Math.floor(dice / 3) % 3);
  return { name: 'bash', arguments: JSON.stringify({ command: `sed -n ${from},${to}p ${repair.path}` }) };
}

function replace(edit: Edit): Omit<ToolCall, 'id'> {
  return {
    name: 'str_replace_editor',
    arguments: JSON.stringify({
      command: 'str_replace',
      path: edit.path,
      old_str: edit.oldText,
      new_str: edit.newText,
    }),
  };
}
