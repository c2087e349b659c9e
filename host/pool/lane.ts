import type { Call } from './call.js';
import { Instance, type InstanceOwner } from './instance.js';

/** In-flight requests on the least loaded instance at which another one is started, while there may be more. */
const START_NEXT_AT = 2;
/** An idle instance of a lane that is not kept ends after this. */
const IDLE_END_MS = 5000;

export interface LaneOptions {
	readonly name: string;
	/** Most instances. */
	readonly size: number;
	/** First partition of the descriptor table; one per instance. */
	readonly firstPartition: number;
	/** Calls that may wait for room. */
	readonly maxQueued: number;
	/** Idle instances end after a while. */
	readonly endsWhenIdle: boolean;
}

/**
 * Instances that serve the same kind of request, and the calls that wait for room on them. A call goes to the instance with the
 * least in flight; when every ring is full it waits here, up to a limit.
 */
export class Lane {
	readonly #instances: (Instance | undefined)[];
	#queue: Call[] = [];
	#idleTimer: NodeJS.Timeout | undefined = undefined;

	constructor(
		readonly owner: InstanceOwner,
		readonly options: LaneOptions,
	) {
		this.#instances = new Array(options.size).fill(undefined);
	}

	/** Those that run. */
	get instances(): Instance[] {
		return this.#instances.filter((instance) => instance !== undefined);
	}

	/** Calls that wait for room. */
	get waiting(): readonly Call[] {
		return this.#queue;
	}

	/** Sends the call or queues it; false when the queue is full, undefined when there is no instance left. */
	dispatch(call: Call): boolean | undefined {
		if (this.#queue.length === 0) {
			const sent = this.#send(call);
			if (sent !== false) return sent;
		}
		if (this.#queue.length >= this.options.maxQueued) return false;
		this.#queue.push(call);
		return true;
	}

	/** Sends what waits, in order, until there is no room. */
	pump(): void {
		let taken = 0;
		while (taken < this.#queue.length) {
			const call = this.#queue[taken];
			const sent = call.settled || this.#send(call);
			if (sent === false) break;
			if (sent === undefined) this.owner.onLost(call);
			taken++;
		}
		if (taken > 0) this.#queue = this.#queue.slice(taken);
		if (this.options.endsWhenIdle) this.#watchIdle();
	}

	/** Empties the queue: what was in it. */
	takeQueue(): Call[] {
		const calls = this.#queue;
		this.#queue = [];
		return calls;
	}

	async end(): Promise<void> {
		clearTimeout(this.#idleTimer);
		await Promise.all(this.instances.map((instance) => instance.end()));
	}

	/** True: sent. False: no room now. Undefined: no instance is left that could ever take it. */
	#send(call: Call): boolean | undefined {
		const { pinned, preferred, affinity } = call.request;
		if (pinned !== undefined) {
			const target = this.#instances.find((instance) => instance?.incarnation === pinned);
			return target === undefined || target.isGivenUp ? undefined : target.send(call);
		}
		const favourite = preferred && this.#instances.find((instance) => instance?.incarnation === preferred);
		if (favourite && !favourite.isGivenUp && favourite.send(call)) return true;
		if (affinity !== undefined) {
			const index = affinity % this.options.size;
			const keyed = this.#instances[index] ?? this.#start(index);
			if (!keyed.isGivenUp && keyed.send(call)) return true;
		}
		return this.#choose()?.send(call);
	}

	/** The instance with the least in flight; another one is started when all are busy. */
	#choose(): Instance | undefined {
		let best: Instance | undefined;
		let free = -1;
		for (let index = 0; index < this.#instances.length; index++) {
			const instance = this.#instances[index];
			if (instance === undefined) {
				if (free < 0) free = index;
			} else if (!instance.isGivenUp && (best === undefined || instance.inFlight < best.inFlight)) {
				best = instance;
			}
		}
		if (free < 0 || (best !== undefined && best.inFlight < START_NEXT_AT)) return best;
		return this.#start(free);
	}

	#start(index: number): Instance {
		const { name, firstPartition } = this.options;
		const started = new Instance(this.owner, `holdfast ${name} ${index}`, firstPartition + index);
		this.#instances[index] = started;
		return started;
	}

	#watchIdle(): void {
		if (this.#idleTimer !== undefined) {
			this.#idleTimer.refresh();
			return;
		}
		this.#idleTimer = setTimeout(() => {
			this.#idleTimer = undefined;
			let isBusy = false;
			for (let index = 0; index < this.#instances.length; index++) {
				const instance = this.#instances[index];
				if (instance === undefined || instance.isGivenUp) continue;
				if (instance.isIdle) {
					this.#instances[index] = undefined;
					void instance.end();
				} else {
					isBusy = true;
				}
			}
			if (isBusy) this.#watchIdle();
		}, IDLE_END_MS);
		this.#idleTimer.unref();
	}
}
