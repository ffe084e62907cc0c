/** A permission of a test page, as `navigator.permissions.query` shows it (W3C permissions, section 6). */
import type { DevicePermission } from './api.ts';

export class TestPermission extends EventTarget {
  readonly name: DevicePermission;
  onchange: ((event: Event) => unknown) | null = null;
  #state: PermissionState = 'prompt';

  constructor(name: DevicePermission) {
    super();
    this.name = name;
    this.addEventListener('change', (event) => this.onchange?.(event));
  }

  get state(): PermissionState {
    return this.#state;
  }

  set(state: PermissionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new Event('change'));
  }
}
