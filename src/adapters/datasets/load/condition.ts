import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { SteadfastError } from '../../../domain/failures.ts';
import { isRecord } from '../../../schemas/instance-record.ts';
import { nearestName } from '../../../schemas/nearest.ts';

/** A condition that records may meet. */
export interface Condition {
  /** The fields that it reads. */
  readonly fields: readonly string[];
  /** Tells it of fields that a file's records all have. */
  know(fields: readonly string[]): void;
  /** Whether a record meets it; `Config.Invalid` where it cannot be said. */
  accepts(record: unknown, where: string): boolean;
  /** After the last record: `Config.Invalid` where no record had one of the fields. */
  finish(): void;
}

const LANGUAGE = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false });
/** Knows the names that are CEL's own, such as those of types. */
const NAMES = new Environment();

/** Macros whose first argument names a variable. */
const BINDING = new Set(['all', 'exists', 'exists_one', 'map', 'filter', 'bind']);

/** Lists that some data sets keep as JSON text. */
const LISTS: ReadonlySet<string> = new Set(['FAIL_TO_PASS', 'PASS_TO_PASS']);

/**
 * Compiles a condition in CEL over a record's fields; `Config.Invalid` gives its text and CEL's words. A field that a
 * record lacks, while another has it, is null. Whole numbers are CEL's int.
 */
export function createCondition(text: string): Condition {
  const evaluate = compile(text);
  const fields = [...freeNames(evaluate.ast)].filter((name) => !NAMES.hasVariable(name));
  const unseen = new Set(fields);
  const known = new Set<string>();
  let postponed: SteadfastError | null = null;

  function know(names: readonly string[]): void {
    for (const name of names) {
      unseen.delete(name);
      known.add(name);
    }
  }

  return {
    fields,
    know,
    accepts(record, where) {
      if (!isRecord(record)) return false;
      if (unseen.size > 0) know(Object.keys(record));
      const context = Object.fromEntries(fields.map((field) => [field, fieldValue(record, field)]));
      try {
        const answer: unknown = evaluate(context);
        if (typeof answer === 'boolean') return answer;
        throw new Error(
          `it gives ${typeof answer === 'bigint' ? 'a number' : kindOf(answer)}, not true or false`,
        );
      } catch (cause) {
        const failure = invalid(text, `at ${where}: ${wordsOf(cause)}`, cause);
        // A misspelt field is null everywhere and fails in odd words; the better message comes when all are read.
        if (unseen.size === 0) throw postponed ?? failure;
        postponed ??= failure;
        return false;
      }
    },
    finish() {
      const [field] = unseen;
      if (field !== undefined && known.size > 0) throw invalid(text, unknownField(field, known));
      if (postponed !== null) throw postponed;
    },
  };
}

function compile(text: string): ReturnType<Environment['parse']> {
  try {
    const evaluate = LANGUAGE.parse(text);
    const { valid, type, error } = evaluate.check();
    if (!valid) throw error ?? new Error('it does not type-check');
    if (type !== 'bool' && type !== 'dyn') throw new Error(`it gives ${type}, not bool`);
    return evaluate;
  } catch (cause) {
    throw invalid(text, wordsOf(cause), cause);
  }
}

/** Names of an expression that none of its macros binds. */
function freeNames(node: ASTNode, bound: ReadonlySet<string> = new Set()): Set<string> {
  if (node.op === 'id') return new Set(bound.has(node.args) ? [] : [node.args]);
  if (node.op === 'rcall') {
    const [name, target, args] = node.args;
    const [variable] = args;
    const inner = BINDING.has(name) && variable?.op === 'id' ? new Set([...bound, variable.args]) : bound;
    return union([freeNames(target, bound), ...args.map((arg) => freeNames(arg, inner))]);
  }
  return union(nodesIn(node.args).map((part) => freeNames(part, bound)));
}

function nodesIn(value: unknown): ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  return typeof value === 'object' && value !== null && 'op' in value ? [value as ASTNode] : [];
}

function union(sets: readonly ReadonlySet<string>[]): Set<string> {
  return new Set(sets.flatMap((set) => [...set]));
}

function fieldValue(record: Readonly<Record<string, unknown>>, field: string): unknown {
  const value = Object.hasOwn(record, field) ? record[field] : null;
  return celValue(LISTS.has(field) && typeof value === 'string' ? listIn(value) : value);
}

function listIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : text;
  } catch {
    return text;
  }
}

/** JSON does not tell 3 from 3.0; a whole number is an int, as one writes it in a condition. */
function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value))
    return value.every((item) => typeof item === 'string') ? value : value.map(celValue);
  if (!isRecord(value)) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, celValue(item)]));
}

function unknownField(field: string, known: ReadonlySet<string>): string {
  const nearest = nearestName(field, known);
  const meant = nearest === null ? '' : ` (did you mean ${nearest}?)`;
  const names = [...known].toSorted().slice(0, 40).join(', ');
  return `no record has a field ${field}${meant}; the fields are ${names}`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'null' : typeof value === 'object' ? 'a map' : `a ${typeof value}`;
}

/** CEL's message without its drawing of the place. */
function wordsOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split('\n')[0] ?? message;
}

function invalid(text: string, why: string, cause?: unknown): SteadfastError {
  const message = `where is ${JSON.stringify(text)}: ${why}; expected a condition in CEL over the records' fields, such as repo == "django/django" && size(FAIL_TO_PASS) < 5`;
  return new SteadfastError('Config.Invalid', message, { cause });
}
