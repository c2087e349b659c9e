import { invalid } from '../config.js';
import { HoldfastError, shownPath } from '../errors.js';
import type { CallOptions, Engine, Reply, Request } from '../pool/request.js';
import { debugLine } from './debug-line.js';
import { EngineLayer, type Layer } from './layer.js';

/** Takes one line of a log, without its end. */
export type LogLine = (line: string) => void;

/** What it means when a call fails so is for the caller to say; everything else is out of the ordinary. */
const EXPECTED_CODES: ReadonlySet<HoldfastError['code']> = new Set([
	'NotFound',
	'AlreadyExists',
	'IsADirectory',
	'NotADirectory',
	'NotEmpty',
	'IsSameFile',
	'ConditionNotMatch',
	'RangeNotSatisfied',
	'Cancelled',
]);

/**
 * Writes a line when a request starts and when it ends. They go where Node's own debug lines go: to stderr, when the
 * environment says `NODE_DEBUG=holdfast`. A function given to the constructor gets them instead.
 *
 * @example
 * const op = new Operator('memory').layer(new LoggingLayer().build());
 */
export class LoggingLayer {
	readonly #log: LogLine;

	/** `log` takes one line at a time. */
	constructor(log: LogLine = debugLine) {
		if (typeof log !== 'function') throw invalid('log', log, 'a function that takes a line');
		this.#log = log;
	}

	/** The layer for `op.layer(...)`. */
	build(): Layer {
		return new EngineLayer((inner) => new LoggingEngine(inner, this.#log));
	}
}

class LoggingEngine implements Engine {
	readonly #inner: Engine;
	readonly #log: LogLine;

	constructor(inner: Engine, log: LogLine) {
		this.#inner = inner;
		this.#log = log;
	}

	async submit(request: Request, options?: CallOptions): Promise<Reply> {
		this.#log(`${subject(request)} started`);
		try {
			const reply = await this.#inner.submit(request, options);
			this.#log(finished(request, reply));
			return reply;
		} catch (error) {
			this.#log(failed(request, error));
			throw error;
		}
	}

	submitSync(request: Request, options?: CallOptions): Reply {
		this.#log(`${subject(request)} started`);
		try {
			const reply = this.#inner.submitSync(request, options);
			this.#log(finished(request, reply));
			return reply;
		} catch (error) {
			this.#log(failed(request, error));
			throw error;
		}
	}
}

function subject(request: Request): string {
	const target = request.target === '' ? '' : ` target=${JSON.stringify(request.target)}`;
	return `operation=${request.operation} path=${JSON.stringify(shownPath(request))}${target}`;
}

function finished(request: Request, reply: Reply): string {
	return `${subject(request)} finished, ${reply.bytes.byteLength} bytes read, ${request.data?.byteLength ?? 0} written`;
}

function failed(request: Request, error: unknown): string {
	const isExpected = error instanceof HoldfastError && EXPECTED_CODES.has(error.code);
	return `${subject(request)} failed${isExpected ? '' : ' unexpectedly'}: ${error instanceof Error ? error.message : String(error)}`;
}
