import type { HoldfastError } from '../errors.js';
import { Emitter } from '../inline/emitter.js';
import { cancelledError, requestError } from '../pool/call-error.js';
import { watchCall } from '../pool/call-watch.js';
import { closingRequest } from '../pool/closing-request.js';
import type { PoolHealth, Pulse } from '../pool/health.js';
import type { HeldBuffer } from '../pool/held-buffer.js';
import type { PoolEvents } from '../pool/pool.js';
import type { CallOptions, Engine, Reply, Request } from '../pool/request.js';
import { runTask, type Tasks, taskKind } from '../pool/tasks.js';
import { messageOf, type ReplyMessage, type ToPage, type ToWorker } from './messages.js';
import { errorOf } from './remote-error.js';

/** Requests that are on their way to the worker; one more is refused with `RateLimited`. */
const IN_FLIGHT_MAX = 65536;
const NO_HEALTH: PoolHealth = {
	instances: [],
	restarts: 0,
	inFlight: 0,
	queued: 0,
	open: { readers: 0, writers: 0 },
	lastTrap: undefined,
	stuckThreads: 0,
};

interface Pending {
	readonly request: Request;
	readonly resolve: (reply: Reply) => void;
	readonly reject: (error: HoldfastError) => void;
	cleanUp: (() => void) | undefined;
	/** Its caller was told already; the worker's answer is still to come. */
	isGivenUp: boolean;
}

/** The pool of another thread, as its callers here see it: every request and its reply is a message. */
export class RemotePool extends Emitter<{ [Event in keyof PoolEvents]: PoolEvents[Event] }> implements Engine {
	readonly #worker: Worker;
	readonly #pending = new Map<number, Pending>();
	#lastId = 0;
	#health = NO_HEALTH;
	#onClosed: (() => void) | undefined;
	#isClosed = false;

	/** The worker has opened its store. */
	constructor(worker: Worker) {
		super();
		this.#worker = worker;
		worker.addEventListener('message', ({ data }: MessageEvent<ToPage>) => this.#take(data));
		worker.addEventListener('error', (event) => this.#lose(event.message || 'the worker failed'));
	}

	submit(request: Request, options?: CallOptions): Promise<Reply> {
		return new Promise((resolve, reject) => {
			const refused = this.#refusal(request, options?.signal);
			if (refused !== undefined) {
				reject(refused);
				return;
			}
			const id = ++this.#lastId;
			const pending: Pending = { request, resolve, reject, cleanUp: undefined, isGivenUp: false };
			this.#pending.set(id, pending);
			if (options !== undefined) pending.cleanUp = watchCall(request, options, (error) => this.#giveUp(id, error));
			this.#send(messageOf(id, request));
		});
	}

	/** Always `Unsupported`: the thread of a page must not wait. */
	submitSync(request: Request): Reply {
		const message = 'a page cannot wait for its worker; use the promise form of the call';
		throw requestError(request, 'Unsupported', message);
	}

	dispatch<Name extends keyof Tasks>(
		task: Name,
		input: Tasks[Name]['input'],
		options?: CallOptions,
	): Promise<Tasks[Name]['output']> {
		return runTask(this, task, input, options);
	}

	spawn<Name extends keyof Tasks>(task: Name, input: Tasks[Name]['input']): void {
		this.submit(taskKind(task).request(input)).catch((error: HoldfastError) => this.emit('error', error));
	}

	/** As the worker told with its last event; what is in flight is counted here. */
	health(): PoolHealth {
		return { ...this.#health, inFlight: this.#pending.size };
	}

	heartbeats(): Pulse[] {
		return [];
	}

	/** Settles every call with `Closed` and ends the worker when it has put everything away. */
	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		for (const [id, { request }] of this.#pending) {
			this.#giveUp(id, requestError(request, 'Closed', 'the operator was closed'));
		}
		const closed = new Promise<void>((resolve) => {
			this.#onClosed = resolve;
		});
		this.#send({ close: true });
		await closed;
		this.#worker.terminate();
	}

	#refusal(request: Request, signal: AbortSignal | undefined): HoldfastError | undefined {
		if (this.#isClosed) return requestError(request, 'Closed', 'the operator was closed; make a new one');
		if (signal?.aborted) return cancelledError(request, signal);
		if (this.#pending.size < IN_FLIGHT_MAX) return undefined;
		const message = `${IN_FLIGHT_MAX} requests are on their way already; await some of them first`;
		return requestError(request, 'RateLimited', message, true);
	}

	#take(message: ToPage): void {
		if ('reply' in message) {
			const pending = this.#takeAnswered(message.id);
			if (pending?.isGivenUp) this.#discard(pending.request, message.reply);
			else pending?.resolve(replyOf(pending.request, message.reply));
		} else if ('error' in message) {
			const pending = this.#takeAnswered(message.id);
			if (pending?.isGivenUp === false) pending.reject(errorOf(message.error));
		} else if ('event' in message) {
			this.#health = message.health;
			this.emit(message.event, ...([message.message] as unknown as PoolEvents[typeof message.event]));
		} else if ('closed' in message) this.#onClosed?.();
	}

	/** The answer is waited for all the same: it may be on its way, and have opened something. */
	#giveUp(id: number, error: HoldfastError): void {
		const pending = this.#pending.get(id);
		if (pending === undefined || pending.isGivenUp) return;
		pending.isGivenUp = true;
		pending.cleanUp?.();
		pending.reject(error);
		this.#send({ cancel: id });
	}

	/** A request that was answered, and whatever becomes of it now. */
	#takeAnswered(id: number): Pending | undefined {
		const pending = this.#pending.get(id);
		this.#pending.delete(id);
		pending?.cleanUp?.();
		return pending;
	}

	/** The cancellation and the answer met on the way: what was opened for nobody is closed. */
	#discard(request: Request, { fd, handle, incarnation }: ReplyMessage): void {
		const closing = closingRequest(request, { fd, handle, incarnation: { number: incarnation } });
		// Where that fails, everything is closed with the store.
		if (closing !== undefined) this.submit(closing).catch(() => undefined);
	}

	/** The worker is gone: nobody answers any more. */
	#lose(reason: string): void {
		this.#isClosed = true;
		for (const [id, { request }] of this.#pending) {
			const error = requestError(request, 'EngineUnavailable', `${reason}; make a new operator`);
			this.#giveUp(id, error);
		}
		this.#pending.clear();
		this.#onClosed?.();
	}

	#send(message: ToWorker): void {
		this.#worker.postMessage(message);
	}
}

function replyOf(request: Request, { incarnation, bytes, ...rest }: ReplyMessage): Reply {
	let own: Uint8Array = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
	if (request.into !== undefined) {
		request.into.set(bytes);
		own = request.into.subarray(0, bytes.length);
	}
	const reply: Reply = { ...rest, bytes: own, incarnation: { number: incarnation } };
	// Memory of another thread cannot be lent: a lease is a copy here, and its release frees nothing.
	if (request.wantsLease && bytes.length > 0) {
		reply.held = { bytes: own, release: () => undefined } as unknown as HeldBuffer;
	}
	return reply;
}
