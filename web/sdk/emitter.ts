/**
 * Typed events: a map from event name to the tuple of its arguments.
 *
 * What will surprise you: `on` returns the function that takes the listener off again, which its owner must call; and a
 * listener that throws neither stops the other listeners nor the code that emitted, its error is thrown in a microtask of
 * its own, where the host reports it.
 */

/** Event name → argument tuple. */
export type EventMap<Events> = { [Name in keyof Events]: readonly unknown[] };
/** Takes a listener off again. Calling it twice is harmless. */
export type Unsubscribe = () => void;

type Listener<Arguments extends readonly unknown[]> = (...values: Arguments) => void;

export class Emitter<Events extends EventMap<Events>> {
  readonly #listeners: { [Name in keyof Events]?: Set<Listener<Events[Name]>> } = {};

  /**
   * @param name Which event.
   * @param listener Called once for each emission, in order of subscription.
   * @returns The function that unsubscribes.
   */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): Unsubscribe {
    const set = (this.#listeners[name] ??= new Set<Listener<Events[Name]>>());
    set.add(listener);
    return () => set.delete(listener);
  }

  /** How many listeners are on, over all events: tests prove with it that nothing leaked. */
  get listenerCount(): number {
    let count = 0;
    for (const name in this.#listeners) count += this.#listeners[name]?.size ?? 0;
    return count;
  }

  /** Calls every listener of an event. Only the owner of the emitter calls it. */
  emit<Name extends keyof Events>(name: Name, ...values: Events[Name]): void {
    for (const listener of [...(this.#listeners[name] ?? [])]) {
      try {
        listener(...values);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Takes all listeners off: the emitter's owner has closed. */
  removeAllListeners(): void {
    for (const name in this.#listeners) this.#listeners[name]?.clear();
  }
}
