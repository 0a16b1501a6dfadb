"""Fields of the settings that had another name in an earlier release."""

from __future__ import annotations

# Old name -> today's. The experts were in the section `model` in 0.1.0, whose gin files, commands
# and runs are still read, and one length was the limit of texts, sounds and pictures alike.
RENAMED_FIELDS = {
    "data.max_length": "data.max_pieces",
    "model.use_experts": "experts.use_experts",
    "model.num_experts": "experts.num_experts",
    "model.experts_per_token": "experts.experts_per_token",
    "model.expert_width": "experts.expert_width",
    "model.gate": "experts.gate",
    "model.balancing": "experts.balancing",
    "model.balance_loss_weight": "experts.balance_loss_weight",
    "model.z_loss_weight": "experts.z_loss_weight",
    "model.bias_update_rate": "experts.bias_update_rate",
    "model.expert_dispatch": "experts.expert_dispatch",
    "model.capacity_factor": "experts.capacity_factor",
    "model.mesh_shape": "experts.mesh_shape",
}
