// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// Holds tokens for whoever brought them, until a moment they name.
contract Locker {
    mapping(address => mapping(address => uint256)) private _held;
    mapping(address => mapping(address => uint256)) private _until;

    function lock(IERC20 token, uint256 amount, uint256 until) external {
        _held[address(token)][msg.sender] += amount;
        _until[address(token)][msg.sender] = until;
        require(token.transferFrom(msg.sender, address(this), amount));
    }

    function release(IERC20 token, address to) external {
        require(block.timestamp >= _until[address(token)][msg.sender], "locked");
        uint256 amount = _held[address(token)][msg.sender];
        _held[address(token)][msg.sender] = 0;
        require(token.transfer(to, amount));
    }
}
