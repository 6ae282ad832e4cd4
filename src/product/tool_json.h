// The tools of a product's configuration. For the .cc files of this floor.
#pragma once
#include "product/config_object.h"

namespace widgent {

// Reads what is required of a user.
void ReadRequirement(ConfigObject& object, Requirement& required);

// Reads one element of "tools"; mistakes go into the context.
ToolConfig ReadWebhookTool(ConfigContext& context, const nlohmann::json& json, const std::string& path,
                           const EgressConfig& egress);
// The same of kind "mcp".
McpServerConfig ReadMcpServer(ConfigContext& context, const nlohmann::json& json, const std::string& path,
                              const EgressConfig& egress);

// "handoff" of kind "webhook": the tool that hands_off. What else `object` may hold has been read.
ToolConfig ReadHelpDesk(ConfigObject& object, const EgressConfig& egress);

}  // namespace widgent
