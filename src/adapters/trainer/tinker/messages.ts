import protobuf from 'protobufjs';
import { SteadfastError } from '../../../domain/failures.ts';

/*
 * The one request of Tinker's API that servers take as protobuf alone, and its result. Numbers are those of the wire.
 */

const { root } = protobuf.parse(`
  syntax = "proto3";
  message ForwardBackward {
    string model_id = 1;
    int32 seq_id = 2;
    repeated Datum data = 3;
    string loss_fn = 4;
    map<string, double> loss_fn_config = 5;
  }
  message Datum {
    repeated Chunk model_input = 1;
    map<string, Tensor> loss_fn_inputs = 2;
  }
  message Chunk { EncodedText encoded_text = 1; }
  message EncodedText { bytes tokens = 1; }
  message Tensor {
    bytes dense = 1;
    int32 dtype = 3;
    repeated int64 shape = 4;
  }
  message ForwardBackwardOutput { repeated ArrayRecord loss_fn_outputs = 2; }
  message ArrayRecord { map<string, BatchedTensor> fields = 2; }
  message BatchedTensor {
    bytes data = 1;
    bytes offsets = 2;
  }
`);

const FLOAT32 = 1;
const INT64 = 2;

/** One sequence: its tokens but the last, and for each of them what comes next and what that is worth. */
export interface Datum {
  readonly tokens: readonly number[];
  readonly targets: readonly number[];
  /** The sampler's. */
  readonly logprobs: readonly number[];
  readonly advantages: readonly number[];
}

/** A pass over some sequences, forwards and backwards. */
export interface Pass {
  readonly modelId: string;
  /** Orders the requests of a model; the same one twice is one request. */
  readonly seqId: number;
  readonly data: readonly Datum[];
  /** Tinker's `ppo` keeps the ratio of each token between these. */
  readonly clip: { readonly low: number; readonly high: number };
}

/** The bytes of a pass. */
export function encodePass({ modelId, seqId, data, clip }: Pass): Uint8Array {
  const type = root.lookupType('ForwardBackward');
  const message = type.create({
    modelId,
    seqId,
    lossFn: 'ppo',
    lossFnConfig: { clip_low_threshold: clip.low, clip_high_threshold: clip.high },
    data: data.map(({ tokens, targets, logprobs, advantages }) => ({
      modelInput: [{ encodedText: { tokens: bytesOf(Int32Array.from(tokens)) } }],
      lossFnInputs: {
        target_tokens: tensor(INT64, BigInt64Array.from(targets.map(BigInt))),
        logprobs: tensor(FLOAT32, Float32Array.from(logprobs)),
        advantages: tensor(FLOAT32, Float32Array.from(advantages)),
      },
    })),
  });
  return type.encode(message).finish();
}

/** The policy's own logprobs of a pass's targets, a list a sequence. */
export function decodeLogprobs(bytes: Uint8Array, sequences: number): number[][] {
  const type = root.lookupType('ForwardBackwardOutput');
  const output = type.toObject(type.decode(bytes)) as {
    readonly lossFnOutputs?: readonly {
      readonly fields?: Readonly<
        Record<string, { readonly data?: Uint8Array; readonly offsets?: Uint8Array }>
      >;
    }[];
  };
  const rows = (output.lossFnOutputs ?? []).flatMap(({ fields }) => {
    const { data = new Uint8Array(), offsets = new Uint8Array() } = fields?.['logprobs'] ?? {};
    const ends = [...new BigInt64Array(copyOf(offsets))].map(Number);
    return ends.slice(1).map((end, i) => [...new Float32Array(copyOf(data.slice(ends[i], end)))]);
  });
  if (rows.length === sequences) return rows;
  const why = `a pass over ${sequences} sequences was answered with the logprobs of ${rows.length}`;
  throw new SteadfastError('Trainer.Failed', `The Tinker server: ${why}`);
}

function tensor(dtype: number, values: Float32Array | BigInt64Array): object {
  return { dtype, dense: bytesOf(values), shape: [values.length] };
}

function bytesOf(values: Int32Array | Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A buffer of its own, which begins where typed arrays may. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
