export function keepQueue() {}
