/*
 * Copyright (c) 2026 The ovs-ext Authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at:
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

#ifndef FLOWS_ND_ANSWER_H
#define FLOWS_ND_ANSWER_H 1

/* Neighbour solicitations that the switch cannot answer by itself, see
 * gen-suppress.c: it hands them over (PUNT_ND), and they are answered here.
 * It is pure. */

struct dp_packet;
struct flow_packet;
struct model;

void nd_answer(const struct model *, const struct flow_packet *request,
               struct dp_packet *answer, struct flow_packet *out);

#endif /* flows/nd-answer.h */
