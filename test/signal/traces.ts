/** Where real traces are, if they are: beside the repository, and never in it. */
export const TRACES = new URL('../../../shared/traces/', import.meta.url);
