import * as fc from 'fast-check';

const MIB = 1 << 20;

/** Names that mean something to JavaScript, to shells or to nobody. */
const NAMES = [
  'bash',
  'str_replace_editor',
  'python',
  '',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
];
const COMMANDS = [
  'ls',
  'cd /tmp && pwd',
  '',
  'echo "ü😀"',
  'printf "a\\0b"',
  'a\0b',
  '\ud800',
  'x\udc00y',
  '$(',
  ';;&|',
];
const PATHS = ['/testbed/a.py', '../../etc/passwd', '', 'a\0b', '\ud83d', '/'.repeat(5000), '~', '.'];

const text = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));
/** Numbers that JSON can write and few programs can hold. */
const numbers = fc.constantFrom(
  '1e999',
  '-1e999',
  '1e-400',
  '9'.repeat(400),
  '-0',
  '00',
  '0x10',
  'NaN',
  '1.0',
  '-1',
);
const nested = fc
  .tuple(fc.constantFrom(['[', ']'], ['{"a":', '}']), fc.constantFrom(3, 100, 3000, 20_000))
  .map(([[open, close], depth]) => `${open.repeat(depth)}1${close.repeat(depth)}`);
const anything = fc.oneof(
  text,
  fc.json(),
  fc.constantFrom('null', '[]', 'true', '"ls"', '{'),
  numbers,
  nested,
);

const bash = fc.constantFrom(...COMMANDS).map((command) => JSON.stringify({ command }));
const editor = fc
  .record(
    {
      command: fc.constantFrom(
        'view',
        'create',
        'str_replace',
        'insert',
        'undo_edit',
        'delete',
        '__proto__',
        '',
      ),
      path: fc.constantFrom(...PATHS),
      view_range: fc.oneof(fc.array(fc.integer(), { maxLength: 3 }), fc.constant('[1, 5]'), fc.double()),
      file_text: text,
      old_str: fc.oneof(text, fc.constant(null)),
      new_str: text,
      insert_line: fc.oneof(fc.integer(), fc.constantFrom('3', 1e300, -5, null, 'x')),
    },
    { requiredKeys: [] },
  )
  .map((fields) => JSON.stringify(fields));
const odd = fc.oneof(
  { weight: 8, arbitrary: anything.map((value) => `{"command":${value}}`) },
  {
    weight: 4,
    arbitrary: anything.map((value) => `{"__proto__":${value},"constructor":{"prototype":1},"command":"ls"}`),
  },
  { weight: 4, arbitrary: text.map((key) => JSON.stringify({ command: 'ls', [key]: 1 })) },
  { weight: 8, arbitrary: fc.constant('{"command":"ls","command":"pwd"}') },
  { weight: 8, arbitrary: fc.constant(JSON.stringify(JSON.stringify({ command: 'ls' }))) },
  fc.constant(JSON.stringify({ command: `: ${'x'.repeat(MIB)}` })),
  fc.constant(JSON.stringify({ ['k'.repeat(MIB)]: 1 })),
  fc.constant('x'.repeat(MIB)),
);
const whole = fc.oneof(
  { weight: 6, arbitrary: bash },
  { weight: 6, arbitrary: editor },
  { weight: 4, arbitrary: odd },
  { weight: 4, arbitrary: anything },
);
const cutOff = fc.tuple(whole, fc.double({ min: 0, max: 1, noNaN: true })).map(([all, at]) => {
  return all.slice(0, Math.floor(all.length * at));
});

/** What a model may write as the arguments of a call. */
const argumentTexts: fc.Arbitrary<string> = fc.oneof({ weight: 4, arbitrary: whole }, cutOff);

/** A fragment of JSON, which need not be valid. */
const written = (value: fc.Arbitrary<string>) => value.map((one) => JSON.stringify(one));
const names = fc.oneof(
  { weight: 8, arbitrary: written(fc.constantFrom(...NAMES)) },
  written(text),
  fc.constantFrom(
    'null',
    '7',
    '{}',
    '["bash"]',
    JSON.stringify('n'.repeat(20_000)),
    '"\\u0000"',
    '"\\ud800"',
  ),
);
const ids = fc.oneof(
  written(fc.constantFrom('call_1', 'call_2', 'call_1_0', '')),
  written(text),
  fc.constantFrom('null', '0', '[]', JSON.stringify('i'.repeat(20_000))),
);
const calls = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(ids, names, fc.oneof({ weight: 5, arbitrary: written(argumentTexts) }, anything))
      .map(
        ([id, name, raw]) => `{"id":${id},"type":"function","function":{"name":${name},"arguments":${raw}}}`,
      ),
  },
  fc.tuple(names, written(argumentTexts)).map(([name, raw]) => `{"name":${name},"arguments":${raw}}`),
  anything,
  fc.constantFrom('null', '"bash"', '[]', '{}', '{"function":null}', '{"function":"bash"}'),
);
const lists = fc.oneof(
  { weight: 18, arbitrary: fc.array(calls, { maxLength: 4 }) },
  fc.array(calls, { minLength: 100, maxLength: 100, size: 'max' }).map((many) => many.map(short)),
  // All under one id.
  calls.map((call) => Array.from({ length: 20 }, () => short(call))),
);
const toolCalls = fc.oneof(
  { weight: 10, arbitrary: lists.map((list) => `"tool_calls":[${list.join(',')}]`) },
  anything.map((value) => `"tool_calls":${value}`),
  calls.map((call) => `"function_call":${call}`),
  fc.constant('"tool_calls":null'),
);
const contents = fc.oneof(
  written(text),
  fc.constantFrom('null', '7', '{}', '[{"type":"text","text":"a"},{"text":7},null]', '"\\ud800"'),
  anything,
);
const endings = fc.constantFrom(
  '"stop"',
  '"tool_calls"',
  '"length"',
  'null',
  '7',
  JSON.stringify('f'.repeat(40_000)),
);
const usages = fc.constantFrom(
  '{"prompt_tokens":3,"completion_tokens":4}',
  '{"prompt_tokens":1e999,"completion_tokens":-1}',
  '{"prompt_tokens":"3"}',
  'null',
  '[]',
);
const bodies = fc
  .tuple(contents, toolCalls, endings, usages)
  .map(
    ([content, made, ending, usage]) =>
      `{"model":"m","choices":[{"message":{"role":"assistant","content":${content},${made}},` +
      `"finish_reason":${ending}}],"usage":${usage}}`,
  );

/** The bytes of an endpoint's answer with status 200: mostly a chat completion, its calls garbled in every way we know. */
export const garbledAnswers: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 20, arbitrary: bodies.map((body) => Buffer.from(body)) },
  { weight: 2, arbitrary: fc.tuple(bodies, fc.nat(), fc.constantFrom(0xff, 0xc0, 0x00, 0xed)).map(spoilt) },
  fc.tuple(bodies, fc.nat(400)).map(([body, at]) => Buffer.from(body.slice(0, at))),
  anything.map((value) => Buffer.from(value)),
);

/** One byte that no UTF-8, or no JSON, has there. */
function spoilt([body, at, byte]: [string, number, number]): Buffer {
  const bytes = Buffer.from(body);
  bytes[at % bytes.length] = byte;
  return bytes;
}

/** Many calls at once are of moderate length each. */
function short(call: string): string {
  return call.length > 5000 ? 'null' : call;
}
