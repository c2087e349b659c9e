import diagnosticsChannel from 'node:diagnostics_channel';
import type { TrapKind } from './trap.js';

// What a pool tells while it supervises its instances: as events of the pool, and to whoever subscribed to the channel
// `holdfast:<event>` of `node:diagnostics_channel`, which gets the messages of all pools.

/** An instance came to its end. */
export interface TrapMessage {
	readonly instance: string;
	readonly kind: TrapKind;
	/** The original reason. */
	readonly message: string;
	/** Position in the engine's source, `file:line:column`, where it is known. */
	readonly position: string | undefined;
	/** Stack of what was thrown out of the instance; empty when nothing was. */
	readonly stack: string;
	/** How often this instance came to its end. */
	readonly restarts: number;
}

/** An instance begins again. */
export interface ReplaceMessage {
	readonly instance: string;
	readonly restarts: number;
}

/** A thread was given up and nobody waits for it; or it has ended after all. */
export interface StuckMessage {
	readonly instance: string;
	/** How many there are now. */
	readonly stuckThreads: number;
}

/** There were too many restarts. */
export interface GiveUpMessage {
	readonly instance: string;
	readonly restarts: number;
	/** Milliseconds until it is tried again, at the earliest. */
	readonly coolDownMs: number;
}

/** An instance that was given up serves again. */
export interface RecoverMessage {
	readonly instance: string;
}

/** Events of supervision and what they carry. */
export interface PoolMessages {
	trap: [TrapMessage];
	replace: [ReplaceMessage];
	stuck: [StuckMessage];
	unstuck: [StuckMessage];
	'give-up': [GiveUpMessage];
	recover: [RecoverMessage];
}

const CHANNELS = {
	trap: diagnosticsChannel.channel('holdfast:trap'),
	replace: diagnosticsChannel.channel('holdfast:replace'),
	stuck: diagnosticsChannel.channel('holdfast:stuck'),
	unstuck: diagnosticsChannel.channel('holdfast:unstuck'),
	'give-up': diagnosticsChannel.channel('holdfast:give-up'),
	recover: diagnosticsChannel.channel('holdfast:recover'),
} as const;

/** Hands a message to the subscribers of its channel. */
export function publish<Event extends keyof PoolMessages>(event: Event, message: PoolMessages[Event][0]): void {
	const channel = CHANNELS[event];
	if (channel.hasSubscribers) channel.publish(message);
}
