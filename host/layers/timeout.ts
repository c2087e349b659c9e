import {
	OP_DESCRIBE,
	OP_LIST,
	OP_READ,
	OP_READ_AT,
	OP_WRITE,
	OP_WRITER_CLOSE,
	OP_WRITER_FLUSH,
	OP_WRITER_WRITE,
} from '../../assembly/layout.js';
import { parseInteger, TIMEOUT_MAX_MS } from '../config.js';
import { type CallOptions, type Engine, givesBack, type Reply, type Request } from '../pool/request.js';
import { EngineLayer, type Layer } from './layer.js';

// The defaults are opendal's.
const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_IO_TIMEOUT_MS = 10_000;

/** What moves content or names; everything else is about a single path. */
const IO_OPS: ReadonlySet<number> = new Set([
	OP_READ,
	OP_READ_AT,
	OP_WRITE,
	OP_WRITER_WRITE,
	OP_WRITER_FLUSH,
	OP_WRITER_CLOSE,
	OP_LIST,
	OP_DESCRIBE,
]);

/**
 * Gives every request a deadline, after which it fails with `Timeout`. A call that has a shorter one of its own keeps it. A
 * `read` or a small `write` is one request, however large: leave it the time that it takes.
 *
 * @example
 * const timeout = new TimeoutLayer();
 * timeout.timeout = 10_000;
 * timeout.ioTimeout = 3_000;
 * const op = new Operator('memory').layer(timeout.build());
 */
export class TimeoutLayer {
	#timeoutMs = DEFAULT_TIMEOUT_MS;
	#ioTimeoutMs = DEFAULT_IO_TIMEOUT_MS;

	/** Milliseconds for what does not move content: `stat`, `delete`, `copy`, ... Default: 60,000. */
	set timeout(value: number) {
		this.#timeoutMs = parseInteger('timeout', value, 1, TIMEOUT_MAX_MS);
	}

	/** Milliseconds for what does: reads, writes and pages of listings. Default: 10,000. */
	set ioTimeout(value: number) {
		this.#ioTimeoutMs = parseInteger('ioTimeout', value, 1, TIMEOUT_MAX_MS);
	}

	/** The layer for `op.layer(...)`, with the values as they are now. */
	build(): Layer {
		const [timeoutMs, ioTimeoutMs] = [this.#timeoutMs, this.#ioTimeoutMs];
		return new EngineLayer((inner) => new TimeoutEngine(inner, timeoutMs, ioTimeoutMs));
	}
}

class TimeoutEngine implements Engine {
	readonly #inner: Engine;
	readonly #timeoutMs: number;
	readonly #ioTimeoutMs: number;

	constructor(inner: Engine, timeoutMs: number, ioTimeoutMs: number) {
		this.#inner = inner;
		this.#timeoutMs = timeoutMs;
		this.#ioTimeoutMs = ioTimeoutMs;
	}

	submit(request: Request, options?: CallOptions): Promise<Reply> {
		return this.#inner.submit(request, this.#limited(request, options));
	}

	submitSync(request: Request, options?: CallOptions): Reply {
		return this.#inner.submitSync(request, this.#limited(request, options));
	}

	#limited(request: Request, options: CallOptions | undefined): CallOptions | undefined {
		if (givesBack(request)) return options;
		const limitMs = IO_OPS.has(request.op) ? this.#ioTimeoutMs : this.#timeoutMs;
		return { ...options, timeoutMs: Math.min(limitMs, options?.timeoutMs ?? limitMs) };
	}
}
