/** The compositor's programs, in GLSL ES 3.00. */

/** One triangle that covers everything; `place` runs from 0 to 1, with the picture's first line at 0. */
export const COVER = `#version 300 es
out vec2 place;
void main() {
  vec2 corner = vec2(float((gl_VertexID << 1) & 2), float(gl_VertexID & 2));
  place = vec2(corner.x, FLIP corner.y);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

/** Scales down, and leaves out the person: colour times weight, and the weight. */
export const REDUCE = `#version 300 es
precision highp float;
uniform sampler2D picture;
uniform sampler2D mask;
uniform vec2 texel;
in vec2 place;
out vec4 colour;
void main() {
  vec3 sum = vec3(0.0);
  for (int y = 0; y < 4; y++) {
    for (int x = 0; x < 4; x++) {
      vec2 offset = (vec2(float(x), float(y)) - 1.5) * 0.25;
      sum += texture(picture, place + offset * texel).rgb;
    }
  }
  float weight = 1.0 - texture(mask, place).r;
  // A little of the person stays, so that deep inside there is a colour at all.
  weight = max(weight, 0.01);
  colour = vec4(sum / 16.0 * weight, weight);
}`;

/** One direction of a Gaussian; weights from the middle outwards. */
export const BLUR = `#version 300 es
precision highp float;
uniform sampler2D picture;
uniform vec2 stride;
uniform float weights[TAPS];
in vec2 place;
out vec4 colour;
void main() {
  vec4 sum = texture(picture, place) * weights[0];
  for (int tap = 1; tap < TAPS; tap++) {
    vec2 offset = stride * float(tap);
    sum += (texture(picture, place + offset) + texture(picture, place - offset)) * weights[tap];
  }
  colour = sum;
}`;

/** The person sharp, before what was blurred. */
export const COMPOSE = `#version 300 es
precision highp float;
uniform sampler2D picture;
uniform sampler2D blurred;
uniform sampler2D mask;
in vec2 place;
out vec4 colour;
void main() {
  vec4 background = texture(blurred, place);
  float person = smoothstep(0.35, 0.8, texture(mask, place).r);
  vec3 sharp = texture(picture, place).rgb;
  colour = vec4(mix(background.rgb / background.a, sharp, person), 1.0);
}`;
