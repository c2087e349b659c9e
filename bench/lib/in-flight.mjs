// Closed loops: so many operations at a time, the next one begins when one has ended.

/** Runs `work(index)` for so many operations, `width` at a time. Gives the count. */
export async function inFlight(operations, width, work) {
	let next = 0;
	const take = async (lane) => {
		while (next < operations) await work(next++, lane);
	};
	await Promise.all(Array.from({ length: width }, (_, lane) => take(lane)));
	return operations;
}

/** The same for `work(index, done)` with a callback, which would be slower behind promises. */
export function inFlightCallbacks(operations, width, work) {
	return new Promise((resolve, reject) => {
		let next = 0;
		let ended = 0;
		const take = () => {
			if (next < operations) work(next++, done);
		};
		const done = (error) => {
			if (error) reject(error);
			else if (++ended === operations) resolve(operations);
			else take();
		};
		for (let lane = 0; lane < width; lane++) take();
	});
}

/** Runs `work(index)` so many times, one after the other, without promises. */
export function inTurn(operations, work) {
	for (let index = 0; index < operations; index++) work(index);
	return operations;
}
