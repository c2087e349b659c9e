/**
 * Runs `work` for every item, at most `limit` at a time. The first failure, or the signal, stops it: nothing new begins, and
 * what runs is waited for, so that nothing is left running behind the rejection.
 */
export async function eachLimited<Item>(
	items: Iterable<Item>,
	limit: number,
	work: (item: Item) => Promise<void>,
	signal?: AbortSignal,
): Promise<void> {
	const iterator = items[Symbol.iterator]();
	let isStopped = false;
	const runInTurn = async (): Promise<void> => {
		for (let next = iterator.next(); !next.done; next = iterator.next()) {
			try {
				signal?.throwIfAborted();
				await work(next.value);
			} catch (error) {
				isStopped = true;
				throw error;
			}
			if (isStopped) return;
		}
	};
	const outcomes = await Promise.allSettled(Array.from({ length: limit }, runInTurn));
	const failure = outcomes.find((outcome) => outcome.status === 'rejected');
	if (failure !== undefined) throw failure.reason;
}
