import type { Capability, Operator } from 'holdfast';
import { afterAll, beforeAll, describe } from 'vitest';
import { type Calls, callsOf, type Flavour, flavours } from './calls.js';
import { expectCode } from './expectations.js';
import type { Opened, OpenOptions, Outside, ServiceUnderTest } from './service.js';

/** The name of a boolean capability. */
export type CapabilityName = keyof Capability;

/** What the cases of one `describe` share: a store, in one flavour. It is open from the first case to the last. */
export class Scene {
	readonly flavour: Flavour;
	#opened: Opened | undefined;
	#calls: Calls | undefined;
	#directories = 0;

	constructor(flavour: Flavour) {
		this.flavour = flavour;
	}

	get opened(): Opened {
		if (this.#opened === undefined) throw new Error('The store is open only while a case runs.');
		return this.#opened;
	}

	get op(): Operator {
		return this.opened.op;
	}

	get outside(): Outside | null {
		return this.opened.outside;
	}

	get calls(): Calls {
		this.#calls ??= callsOf(this.op, this.flavour);
		return this.#calls;
	}

	/** A directory name that no other case uses; the directory itself does not exist yet. */
	fresh(): string {
		this.#directories++;
		return `case${this.#directories}`;
	}

	declares(name: CapabilityName): boolean {
		return this.op.capability()[name] === true;
	}

	/**
	 * For optional things: true when the capability is not declared, and then the attempt must be refused with
	 * `Unsupported`; false when it is, and then the case goes on and demands that it works.
	 */
	async lacks(name: CapabilityName, attempt: () => Promise<unknown>): Promise<boolean> {
		if (this.declares(name)) return false;
		await expectCode(attempt(), 'Unsupported');
		return true;
	}

	async open(service: ServiceUnderTest, options?: OpenOptions): Promise<void> {
		this.#opened = await service.open(options);
	}

	async close(): Promise<void> {
		await this.#opened?.dispose();
		this.#opened = undefined;
		this.#calls = undefined;
	}
}

/** The cases of one method, given by its asynchronous name, in both flavours; each flavour over a store of its own. */
export function describeMethod(service: ServiceUnderTest, method: string, define: (scene: Scene) => void): void {
	for (const flavour of flavours) {
		const name = flavour === 'async' ? method : `${method}Sync`;
		describeScene(service, `Operator.${name}()`, flavour, define);
	}
}

/** The cases of something that concerns many methods, in both flavours. */
export function describeTopic(service: ServiceUnderTest, topic: string, define: (scene: Scene) => void): void {
	for (const flavour of flavours) describeScene(service, `${topic} (${flavour})`, flavour, define);
}

/** The cases of something that exists in one flavour only. */
export function describeScene(
	service: ServiceUnderTest,
	symbol: string,
	flavour: Flavour,
	define: (scene: Scene) => void,
): void {
	describe(`${service.name}: ${symbol}`, () => {
		const scene = new Scene(flavour);
		beforeAll(() => scene.open(service));
		afterAll(() => scene.close());
		define(scene);
	});
}
