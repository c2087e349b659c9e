import type { Call } from './call.js';
import type { Timer } from './clock.js';
import { Instance, type InstanceOwner } from './instance.js';
import { givesBack, locksName, sharesFsync } from './request.js';

/** In-flight requests on the least loaded instance at which another one is started, while there may be more. */
const START_NEXT_AT = 2;
/** So many of those that share their fsyncs go to one instance: half of what is usual in flight, so that one prepares files while the other waits for the disk. */
const GATHERED_MAX = 32;
/** An idle instance of a lane that is not kept ends after this. */
const IDLE_END_MS = 5000;
/** Calls that were settled while they waited stay in the queue until there are so many of them, and half of it is. */
const SETTLED_KEPT_MAX = 64;

export interface LaneOptions {
	readonly name: string;
	/** Most instances. */
	readonly size: number;
	/** Calls that may wait for room. */
	readonly maxQueued: number;
	/** Bytes of content that may wait with them. */
	readonly maxQueuedBytes: number;
	/** Milliseconds without progress after which a thread counts as stuck. */
	readonly stallMs: number;
	/** Idle instances end after a while. */
	readonly endsWhenIdle: boolean;
}

/** What a lane needs of its pool. */
export interface LaneOwner extends InstanceOwner {
	/** No instance is left that could ever take this call. */
	refuse(call: Call): void;
}

/**
 * Instances that serve the same kind of request, and the calls that wait for room on them. A call goes to the instance with the
 * least in flight; when every ring is full, or a restart is due soon, it waits here, up to a limit.
 */
export class Lane {
	readonly #instances: (Instance | undefined)[];
	#present: readonly Instance[] = [];
	#queue: Call[] = [];
	/** Calls in the queue that were settled while they waited: they do not count. */
	#settled = 0;
	#idleTimer: Timer | undefined = undefined;
	/** Bytes of content of those that count. */
	#queuedBytes = 0;
	#isPumping = false;

	constructor(
		readonly owner: LaneOwner,
		readonly options: LaneOptions,
	) {
		this.#instances = new Array(options.size).fill(undefined);
	}

	/** Those that exist. */
	get instances(): readonly Instance[] {
		return this.#present;
	}

	/** How many calls are on their way in its instances. */
	get inFlight(): number {
		return this.#present.reduce((sum, instance) => sum + instance.inFlight, 0);
	}

	/** How many calls wait for room. */
	get queued(): number {
		return this.#queue.length - this.#settled;
	}

	/** The calls that wait for room. */
	get waiting(): Call[] {
		return this.#queue.filter((call) => !call.settled);
	}

	/** Sends the call or queues it; false when the queue is full (what gives something back still waits), undefined when there is no instance that could take it. */
	dispatch(call: Call): boolean | undefined {
		if (this.#queue.length === this.#settled) {
			const sent = this.#send(call);
			if (sent !== false) return sent;
		}
		const bytes = bytesOf(call);
		if (this.#isFull(bytes) && !givesBack(call.request)) return false;
		this.#queue.push(call);
		this.#queuedBytes += bytes;
		call.isQueued = true;
		this.hold();
		return true;
	}

	/** Sends what waits, in order, until there is no room. */
	pump(): void {
		// Whatever is refused on the way may lead back here.
		if (this.#isPumping) return;
		this.#isPumping = true;
		let taken = 0;
		for (; taken < this.#queue.length; taken++) {
			const call = this.#queue[taken];
			if (call.settled) {
				this.#settled--;
				continue;
			}
			const sent = this.#send(call);
			if (sent === false) break;
			call.isQueued = false;
			this.#queuedBytes -= bytesOf(call);
			if (sent === undefined) this.owner.refuse(call);
		}
		if (taken > 0) this.#queue = this.#queue.slice(taken);
		this.#isPumping = false;
		if (this.options.endsWhenIdle) this.#watchIdle();
	}

	/** A call was settled from outside: if it waits here, its place is free. */
	forget(call: Call): void {
		if (!call.isQueued) return;
		call.isQueued = false;
		this.#queuedBytes -= bytesOf(call);
		this.#settled++;
		if (this.#isPumping || this.#settled < SETTLED_KEPT_MAX || this.#settled * 2 < this.#queue.length) return;
		this.#queue = this.waiting;
		this.#settled = 0;
	}

	/** Empties the queue: what was in it. */
	takeQueue(): Call[] {
		const calls = this.waiting;
		for (const call of calls) call.isQueued = false;
		this.#queue = [];
		this.#settled = 0;
		this.#queuedBytes = 0;
		return calls;
	}

	/** Calls wait for the restart of an instance: until then the process stays alive. */
	hold(): void {
		if (this.queued === 0) return;
		for (const instance of this.#present) instance.hold();
	}

	/** Begins the restarts that are due. Milliseconds until the next one, if there is one. */
	tend(): number | undefined {
		let nextMs: number | undefined;
		for (const instance of this.#present) {
			const leftMs = instance.tend();
			if (leftMs !== undefined) nextMs = Math.min(nextMs ?? leftMs, leftMs);
		}
		return nextMs;
	}

	async end(): Promise<void> {
		this.#idleTimer?.cancel();
		await Promise.all(this.#present.map((instance) => instance.end()));
	}

	/** No call with so much content may wait any more. */
	#isFull(bytes: number): boolean {
		const { maxQueued, maxQueuedBytes } = this.options;
		return this.queued >= maxQueued || (bytes > 0 && this.#queuedBytes + bytes > maxQueuedBytes);
	}

	/** True: sent. False: no room now. Undefined: no instance is left that could take it. */
	#send(call: Call): boolean | undefined {
		if (!call.hasContent()) return true;
		const { pinned, preferred } = call.request;
		if (pinned !== undefined) return this.#find(pinned)?.send(call);
		const favourite = preferred && this.#find(preferred);
		if (favourite?.isOpen && favourite.send(call)) return true;
		if (locksName(call.request)) {
			// One instance for each name while it has room: these wait for each other in its queue, and not for a file.
			const index = hashOf(call.request.path) % this.options.size;
			const keyed = this.#instances[index] ?? this.#start(index);
			if (keyed.isOpen && keyed.send(call)) return true;
		}
		if (sharesFsync(call.request) && this.#chooseGathering()?.send(call)) return true;
		const instance = this.#choose();
		if (instance !== undefined) return instance.send(call);
		return this.#present.some((other) => other.state === 'restarting') ? false : undefined;
	}

	#find(incarnation: NonNullable<Call['request']['pinned']>): Instance | undefined {
		return this.#present.find((instance) => instance.incarnation === incarnation);
	}

	/** The first instance that is not full, nor stuck in the fsync of something large: one after the other, and not side by side. */
	#chooseGathering(): Instance | undefined {
		for (let index = 0; index < this.#instances.length; index++) {
			const instance = this.#instances[index] ?? this.#start(index);
			if (instance.isOpen && instance.inFlight < GATHERED_MAX && !instance.looksBlocked()) return instance;
		}
		return undefined;
	}

	/** The instance with the least in flight; another one is started, or tried, when all are busy. */
	#choose(): Instance | undefined {
		let best: Instance | undefined;
		let given: Instance | undefined;
		let free = -1;
		for (let index = 0; index < this.#instances.length; index++) {
			const instance = this.#instances[index];
			if (instance === undefined) {
				if (free < 0) free = index;
			} else if (instance.isOpen) {
				if (best === undefined || instance.inFlight < best.inFlight) best = instance;
			} else if (instance.isTrialDue) {
				given ??= instance;
			}
		}
		if (best !== undefined && best.inFlight < START_NEXT_AT) return best;
		if (given !== undefined) given.startTrial();
		else if (free >= 0) given = this.#start(free);
		return given?.isOpen ? given : best;
	}

	#start(index: number): Instance {
		const { name, stallMs } = this.options;
		const started = new Instance(this.owner, `holdfast ${name} ${index}`, stallMs);
		this.#set(index, started);
		started.start();
		return started;
	}

	#set(index: number, instance: Instance | undefined): void {
		this.#instances[index] = instance;
		this.#present = this.#instances.filter((other) => other !== undefined);
	}

	#watchIdle(): void {
		this.#idleTimer ??= this.owner.clock.after(IDLE_END_MS, () => {
			this.#idleTimer = undefined;
			let isAny = false;
			for (let index = 0; index < this.#instances.length; index++) {
				const instance = this.#instances[index];
				if (instance === undefined || !instance.isOpen) continue;
				if (instance.isIdle && this.owner.clock.nowMs() - instance.busyMs >= IDLE_END_MS) {
					this.#set(index, undefined);
					void instance.end();
				} else {
					isAny = true;
				}
			}
			if (isAny) this.#watchIdle();
		});
	}
}

/** As it was when the call was made: what the caller does to its memory meanwhile does not change the count. */
function bytesOf({ request }: Call): number {
	return Math.max(0, request.dataBytes);
}

/** The same number for the same name. */
function hashOf(path: string): number {
	let hash = 0;
	for (let at = 0; at < path.length; at++) hash = (Math.imul(hash, 31) + path.charCodeAt(at)) | 0;
	return hash >>> 0;
}
