import { readFileSync } from 'node:fs';

export type Script = 'gold' | 'nothing' | 'break' | 'counting';

/** What the scripts need of a record, whatever its format. */
export interface ScriptedInstance {
  readonly instanceId: string;
  readonly problemStatement: string;
  readonly patch: string;
  /** SWE-bench: the patch is the fix. Otherwise it is the bug, and the fix is its reverse. */
  readonly patchIsFix: boolean;
}

/** A chat message as it comes over the wire, as far as scripts look at it. */
export interface WireMessage {
  readonly role: string;
  readonly content?: string | null;
  readonly token_ids?: readonly number[];
  readonly reasoning_content?: string;
}

/** What the scripted model says: a tool call, or text that ends the rollout. */
export interface Turn {
  readonly content: string;
  readonly command: string | null;
}

/** Reads the records of a JSONL file. */
export function readScriptedInstances(path: string): readonly ScriptedInstance[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const record = JSON.parse(line) as Readonly<Record<string, string>>;
    return {
      instanceId: record['instance_id'] ?? '',
      problemStatement: record['problem_statement'] ?? '',
      patch: record['patch'] ?? '',
      patchIsFix: (record['test_patch'] ?? '') !== '',
    };
  });
}

/**
 * The scripted model's next turn, a function of the conversation alone: `turns - 1` looks around, then the script's
 * deed, then a last message. A retry after a crash therefore gets the same answer.
 */
export function nextTurn(
  messages: readonly WireMessage[],
  instances: readonly ScriptedInstance[],
  script: Script,
  turns: number,
): Turn {
  const made = messages.filter((message) => message.role === 'assistant').length;
  const last = script === 'nothing' ? turns - 1 : turns;
  if (script === 'counting' && made < last - 1) {
    return { content: `Turn ${made + 1}: I count.`, command: countCommand(made + 1) };
  }
  if (made < last - 1 || (script === 'nothing' && made < last)) {
    const command = `echo turn ${made + 1} && git -C /testbed status --short | head -5 && ls /testbed | head -5`;
    return { content: `Turn ${made + 1}: I look around.`, command };
  }
  if (script === 'nothing' || made >= last) return { content: 'I am done.', command: null };
  if (script === 'break') return { content: 'I break everything.', command: BREAK };
  const instance = recognise(messages, instances);
  if (instance === null) return { content: 'I do not know this instance.', command: null };
  const tidy = script === 'counting' ? `${FORGET}\n` : '';
  return { content: 'I apply the fix.', command: `${tidy}${fixCommand(instance)}` };
}

/**
 * Counts itself everywhere that state is kept, so that what the k-th says tells of lost and of doubled effects: it is
 * `countOf(k)` only when each of the k ran once.
 */
function countCommand(k: number): string {
  const enter = k === 1 ? 'mkdir -p /tmp/w && cd /tmp/w && ' : '';
  return `${enter}echo x >> "$HOME/count"; echo x >> /testbed/steadfast-count; echo x >> /tmp/count
mkdir -p ${k} && cd ${k}; export COUNTED=$((COUNTED + 1)); sleep 0.1
echo "counted $(wc -l < "$HOME/count") $(wc -l < /testbed/steadfast-count) $(wc -l < /tmp/count) $COUNTED $PWD"`;
}

/** What the k-th counting command says. */
export function countOf(k: number): string {
  const path = Array.from({ length: k }, (_, i) => `/${i + 1}`).join('');
  return `counted ${k} ${k} ${k} ${k} /tmp/w${path}`;
}

const FORGET = 'rm -f /testbed/steadfast-count';

const BREAK = `cd /testbed && find . -name '*.py' -not -path './.git/*' -not -path '*/test*' -not -name conftest.py -not -name setup.py |
while IFS= read -r file; do printf 'raise RuntimeError("broken")\\n' > "$file"; done`;

function fixCommand({ patch, patchIsFix }: ScriptedInstance): string {
  const encoded = Buffer.from(patch).toString('base64');
  const reverse = patchIsFix ? '' : '-R ';
  return `cd /testbed && base64 -d > /tmp/fix.patch <<'END'
${encoded}
END
git apply ${reverse}--whitespace=nowarn /tmp/fix.patch || patch -p1 ${reverse}-s -i /tmp/fix.patch`;
}

/** The instance that the prompt is about: by its id, else by the longest problem statement that the prompt holds. */
function recognise(
  messages: readonly WireMessage[],
  instances: readonly ScriptedInstance[],
): ScriptedInstance | null {
  const prompt = messages
    .filter((message) => message.role === 'user')
    .map((message) => message.content ?? '')
    .join('\n');
  const named = instances.find((instance) => prompt.includes(instance.instanceId));
  if (named !== undefined) return named;
  const told = instances.filter(
    ({ problemStatement }) => problemStatement.trim() !== '' && prompt.includes(problemStatement),
  );
  return told.toSorted((a, b) => b.problemStatement.length - a.problemStatement.length)[0] ?? null;
}
