// The few figures that a benchmark is told by.

export function median(values) {
	return quantile(values, 0.5);
}

/** The value below which this share of the values lies, between neighbours in proportion. */
export function quantile(values, share) {
	const sorted = Float64Array.from(values).sort();
	const place = (sorted.length - 1) * share;
	const below = sorted[Math.floor(place)];
	return below + (sorted[Math.ceil(place)] - below) * (place - Math.floor(place));
}

/** Median and extremes of the rounds. */
export function spread(values) {
	return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/** Three digits that say something, or the whole number. */
export function formatNumber(value) {
	if (value >= 100) return Math.round(value).toLocaleString('en-US');
	return String(Number(value.toPrecision(3)));
}
