/** Something that is fed with nonsense. */
export interface Target {
	readonly name: string;
	open(): Promise<Session> | Session;
}

/** A target that was set up. Cases follow each other on it, and each begins with the same state. */
export interface Session {
	/** One case, which follows from its seed alone. Gives the number of calls that it made; throws what is not as it must be. */
	run(seed: number): Promise<number> | number;
	close(): Promise<void>;
}
